// Draws marks into a picture of a plot's inside. Many dots or lines are set pixel by pixel, which takes a hundredth of the time of as
// many arcs and strokes, so that 100,000 of them are drawn within a frame or two.
import { pixel, type Palette } from "./palette.js";

export const MANY_DOTS = 3000;
const FIRST_ALPHA = 0xa0000000;
const NEXT_ALPHA = 0xe0000000;

export interface Positions {
  x(value: number): number;
  y(value: number): number;
}

export class Pen {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  private buffer: Uint32Array<ArrayBuffer> | undefined;
  private pixels = new Map<string, number>();
  private stampOf = -1;
  private stamp: number[] = [];

  constructor(readonly canvas: HTMLCanvasElement, width: number, height: number, readonly scale: number,
              readonly at: Positions, readonly colors: Palette, private readonly many: boolean) {
    this.width = canvas.width = Math.max(1, Math.round(width));
    this.height = canvas.height = Math.max(1, Math.round(height));
    this.context = canvas.getContext("2d") as CanvasRenderingContext2D;
  }

  // A dot at a pixel, its radius in CSS pixels.
  dot(x: number, y: number, color: string, radius: number): void {
    if (!this.many) {
      this.context.fillStyle = color;
      this.context.beginPath();
      this.context.arc(x, y, radius * this.scale, 0, 2 * Math.PI);
      this.context.fill();
      return;
    }
    this.setPixels(Math.round(x), Math.round(y), this.pixelOf(color), Math.max(1, Math.round(radius * this.scale)));
  }

  // A thin straight line, set pixel by pixel; where lines cross, their colours mix.
  segment(x0: number, y0: number, x1: number, y1: number, color: string): void {
    const buffer = (this.buffer ??= new Uint32Array(this.width * this.height));
    const value = (this.pixelOf(color) & 0xffffff) | FIRST_ALPHA;
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    const [dx, dy] = [(x1 - x0) / steps, (y1 - y0) / steps];
    let [x, y] = [x0 + 0.5, y0 + 0.5];
    for (let k = 0; k < steps; ++k, x += dx, y += dy) {
      if (x < 0 || y < 0 || x >= this.width || y >= this.height) continue;
      const place = (y | 0) * this.width + (x | 0);
      const before = buffer[place];
      buffer[place] = before === 0 ? value : (((before & 0xfefefe) >>> 1) + ((value & 0xfefefe) >>> 1)) | NEXT_ALPHA;
    }
  }

  // To be called once all dots are set, and before anything is drawn over them.
  flush(): void {
    if (this.buffer === undefined) return;
    const data = new Uint8ClampedArray(this.buffer.buffer);
    this.context.putImageData(new ImageData(data, this.width, this.height), 0, 0);
    this.buffer = undefined;
  }

  line(points: Iterable<[number, number]>, color: string, width = 1.5): void {
    const context = this.context;
    context.strokeStyle = color;
    context.lineWidth = width * this.scale;
    context.lineJoin = "round";
    context.beginPath();
    let begun = false;
    for (const [x, y] of points) {
      if (begun) context.lineTo(x, y);
      else context.moveTo(x, y);
      begun = true;
    }
    context.stroke();
  }

  text(text: string, x: number, y: number, color: string, align: CanvasTextAlign = "left"): void {
    this.context.fillStyle = color;
    this.context.font = `${11 * this.scale}px system-ui, sans-serif`;
    this.context.textAlign = align;
    this.context.textBaseline = "middle";
    this.context.fillText(text, x, y);
  }

  private setPixels(x: number, y: number, color: number, radius: number): void {
    const buffer = (this.buffer ??= new Uint32Array(this.width * this.height));
    if (this.stampOf !== radius) this.cut(radius);
    const stamp = this.stamp;
    for (let k = 0; k < stamp.length; k += 2) {
      const column = x + stamp[k];
      const row = y + stamp[k + 1];
      if (column >= 0 && column < this.width && row >= 0 && row < this.height) buffer[row * this.width + column] = color;
    }
  }

  private cut(radius: number): void {
    this.stampOf = radius;
    this.stamp = [];
    for (let dy = -radius; dy <= radius; ++dy) {
      for (let dx = -radius; dx <= radius; ++dx) {
        if (dx * dx + dy * dy <= (radius + 0.3) ** 2) this.stamp.push(dx, dy);
      }
    }
  }

  private pixelOf(color: string): number {
    let value = this.pixels.get(color);
    if (value === undefined) this.pixels.set(color, (value = pixel(color)));
    return value;
  }
}
