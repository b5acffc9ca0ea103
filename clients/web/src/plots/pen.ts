// Draws marks into a picture of a plot's inside. Many dots or lines are set pixel by pixel, which takes a hundredth of the time of as
// many arcs and strokes, so that 100,000 of them are drawn within a frame.
import { pixel, type Palette } from "./palette.js";

export const MANY_DOTS = 3000;
const FIRST_ALPHA = 0xa0000000;
const NEXT_ALPHA = 0xe0000000;

export interface Positions {
  x(value: number): number;
  y(value: number): number;
}

export interface Frame {
  width: number;
  height: number;
  // Pixels for each CSS pixel.
  scale: number;
  at: Positions;
  colors: Palette;
  // Whether dots are set pixel by pixel.
  many: boolean;
}

// A pen keeps its picture: what is drawn after `flush` is added to it, until `begin` makes an empty one.
export class Pen {
  readonly canvas = document.createElement("canvas");
  readonly context = this.canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  width = 1;
  height = 1;
  scale = 1;
  at: Positions = { x: () => 0, y: () => 0 };
  colors!: Palette;
  many = false;
  private buffer: Uint32Array<ArrayBuffer> | undefined;
  private image: ImageData | undefined;
  private touched = false;
  private readonly pixels = new Map<string, number>();
  private stampOf = -1;
  private stampWidth = -1;
  // The pixels of a dot: where they are, and how far from the dot's own in the buffer.
  private stamp: number[] = [];
  private steps: number[] = [];

  begin(frame: Frame): void {
    const width = Math.max(1, Math.round(frame.width));
    const height = Math.max(1, Math.round(frame.height));
    if (width !== this.canvas.width || height !== this.canvas.height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.buffer = this.image = undefined;
    } else {
      this.context.clearRect(0, 0, width, height);
      this.buffer?.fill(0);
    }
    Object.assign(this, frame, { width, height });
  }

  // To be called once all dots and segments are set, and before anything is drawn over them.
  flush(): void {
    if (!this.touched || this.buffer === undefined) return;
    this.image ??= new ImageData(new Uint8ClampedArray(this.buffer.buffer), this.width, this.height);
    this.context.putImageData(this.image, 0, 0);
    this.touched = false;
  }

  // A dot at a pixel, its radius in CSS pixels.
  dot(x: number, y: number, color: string, radius: number): void {
    if (this.many) {
      this.setDot(Math.round(x), Math.round(y), this.pixelOf(color), radius);
      return;
    }
    this.context.fillStyle = color;
    this.context.beginPath();
    this.context.arc(x, y, radius * this.scale, 0, 2 * Math.PI);
    this.context.fill();
  }

  // A dot at a whole pixel, in the colour of `pixelOf`.
  setDot(x: number, y: number, color: number, radius: number): void {
    const buffer = this.pixelBuffer();
    const size = Math.max(1, Math.round(radius * this.scale));
    if (this.stampOf !== size || this.stampWidth !== this.width) this.cut(size);
    const place = y * this.width + x;
    if (x >= size && y >= size && x < this.width - size && y < this.height - size) {
      const steps = this.steps;
      for (let k = 0; k < steps.length; ++k) buffer[place + steps[k]] = color;
      return;
    }
    for (let k = 0; k < this.stamp.length; k += 2) {
      const column = x + this.stamp[k];
      const row = y + this.stamp[k + 1];
      if (column >= 0 && column < this.width && row >= 0 && row < this.height) buffer[row * this.width + column] = color;
    }
  }

  // A thin straight line, set pixel by pixel, in the colour of `pixelOf`; where lines cross, their colours mix.
  segment(x0: number, y0: number, x1: number, y1: number, color: number): void {
    const buffer = this.pixelBuffer();
    const { width, height } = this;
    const value = (color & 0xffffff) | FIRST_ALPHA;
    const half = (value & 0xfefefe) >>> 1;
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    const dx = (x1 - x0) / steps;
    const dy = (y1 - y0) / steps;
    let x = x0 + 0.5;
    let y = y0 + 0.5;
    for (let k = 0; k < steps; ++k, x += dx, y += dy) {
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const place = (y | 0) * width + (x | 0);
      const before = buffer[place];
      buffer[place] = before === 0 ? value : (((before & 0xfefefe) >>> 1) + half) | NEXT_ALPHA;
    }
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

  // `halo`: on a rim of the background's colour, so that it can be read over marks.
  text(text: string, x: number, y: number, color: string, align: CanvasTextAlign = "left", halo = false): void {
    this.context.fillStyle = color;
    this.context.font = `${11 * this.scale}px system-ui, sans-serif`;
    this.context.textAlign = align;
    this.context.textBaseline = "middle";
    if (halo) {
      this.context.strokeStyle = this.colors.background;
      this.context.lineWidth = 4 * this.scale;
      this.context.lineJoin = "round";
      this.context.strokeText(text, x, y);
    }
    this.context.fillText(text, x, y);
  }

  pixelOf(color: string): number {
    let value = this.pixels.get(color);
    if (value === undefined) this.pixels.set(color, (value = pixel(color)));
    return value;
  }

  private pixelBuffer(): Uint32Array<ArrayBuffer> {
    this.touched = true;
    return (this.buffer ??= new Uint32Array(this.width * this.height));
  }

  private cut(size: number): void {
    this.stampOf = size;
    this.stampWidth = this.width;
    this.stamp = [];
    this.steps = [];
    for (let dy = -size; dy <= size; ++dy) {
      for (let dx = -size; dx <= size; ++dx) {
        if (dx * dx + dy * dy > (size + 0.3) ** 2) continue;
        this.stamp.push(dx, dy);
        this.steps.push(dy * this.width + dx);
      }
    }
  }
}
