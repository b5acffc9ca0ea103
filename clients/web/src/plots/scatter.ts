// The marks that most plots have: a dot for each of some trials.
import type { Axis } from "./axis.js";
import type { ChartSpec } from "./chart.js";
import type { Pen, Positions } from "./pen.js";

const NEAR = 12; // CSS pixels

export interface Dots {
  rows: ArrayLike<number>;
  x: Axis;
  xOf(row: number): number;
  y: Axis;
  yOf(row: number): number;
  color(row: number): string;
  radius?: number;
  key: string;
  describe(row: number): string;
  open(row: number): void;
}

// A little displacement of dots on a choice, always the same for the same trial, so that they do not hide each other.
export function jitter(row: number): number {
  return (((row * 2654435761) >>> 0) / 4294967296 - 0.5) * 0.5;
}

export function dotsSpec(dots: Dots): ChartSpec {
  const { rows } = dots;
  const xOf = dots.x.kind === "choices" ? (row: number) => dots.xOf(row) + jitter(row) : dots.xOf;
  const yOf = dots.y.kind === "choices" ? (row: number) => dots.yOf(row) + jitter(row) : dots.yOf;
  const radius = dots.radius ?? (rows.length > 20000 ? 1.2 : rows.length > 2000 ? 2 : 3.2);
  return {
    x: dots.x,
    y: dots.y,
    marks: rows.length,
    key: dots.key,
    draw(pen: Pen, mask: Uint8Array | undefined): void {
      for (let k = 0; k < rows.length; ++k) {
        const row = rows[k];
        if (mask !== undefined && mask[row] === 0) continue;
        pen.dot(pen.at.x(xOf(row)), pen.at.y(yOf(row)), dots.color(row), radius);
      }
    },
    hover(at: Positions, x: number, y: number): number | undefined {
      let best = (NEAR * devicePixelRatio) ** 2;
      let found: number | undefined;
      for (let k = 0; k < rows.length; ++k) {
        const row = rows[k];
        const dx = at.x(xOf(row)) - x;
        const dy = at.y(yOf(row)) - y;
        const distance = dx * dx + dy * dy;
        if (distance < best) {
          best = distance;
          found = row;
        }
      }
      return found;
    },
    describe: dots.describe,
    open: dots.open,
  };
}
