// The marks that most plots have: a dot for each of some trials.
import type { StudyData } from "../data/study_data.js";
import type { Axis } from "./axis.js";
import type { ChartSpec } from "./chart.js";
import type { Pen, Positions } from "./pen.js";

const NEAR = 12; // CSS pixels

export interface Dots {
  study: StudyData;
  rows: ArrayLike<number>;
  x: Axis;
  xOf(row: number): number;
  y: Axis;
  yOf(row: number): number;
  color(row: number): string;
  radius?: number;
  describe(row: number): string;
  open(row: number): void;
}

// A little displacement of dots on a choice, always the same for the same trial, so that they do not hide each other.
export function jitter(row: number): number {
  return (((row * 2654435761) >>> 0) / 4294967296 - 0.5) * 0.5;
}

// Where the dots of a picture are, so that brushing does not compute it again for each frame.
class Places {
  xs = new Int32Array(0);
  ys = new Int32Array(0);
  colors = new Uint32Array(0);
  count = 0;
  private of = "";

  constructor(private readonly dots: Dots, private readonly xOf: (row: number) => number, private readonly yOf: (row: number) => number) {}

  // Computes what is missing for these rows on this picture.
  reach(rows: readonly number[] | Int32Array, size: number, pen: Pen): void {
    const of = `${pen.width}x${pen.height}/${this.dots.x.range}/${this.dots.y.range}`;
    if (this.of !== of) this.count = 0;
    this.of = of;
    if (this.xs.length < size) {
      const [xs, ys, colors] = [this.xs, this.ys, this.colors];
      const room = Math.max(size, Math.ceil(xs.length * 1.3));
      (this.xs = new Int32Array(room)).set(xs);
      (this.ys = new Int32Array(room)).set(ys);
      (this.colors = new Uint32Array(room)).set(colors);
    }
    for (; this.count < size; ++this.count) {
      const row = rows[this.count];
      this.xs[this.count] = Math.round(pen.at.x(this.xOf(row)));
      this.ys[this.count] = Math.round(pen.at.y(this.yOf(row)));
      this.colors[this.count] = pen.pixelOf(this.dots.color(row));
    }
  }

  forget(): void {
    this.of = "";
  }
}

// The rows of a plot, and those that have come since it was made.
class Rows {
  all: Int32Array;
  count: number;
  private known: Set<number> | undefined;
  private mark: number;

  constructor(private readonly study: StudyData, rows: ArrayLike<number>, private readonly accepts: (row: number) => boolean) {
    this.all = Int32Array.from(rows);
    this.count = rows.length;
    this.mark = study.logged;
  }

  follow(): void {
    if (this.mark === this.study.logged) return;
    const changed = this.study.changedSince(this.mark);
    this.mark = this.study.logged;
    for (const row of changed) {
      if (!this.study.isDrawable(row) || !this.accepts(row)) continue;
      this.known ??= new Set(this.all.subarray(0, this.count));
      if (this.known.has(row)) continue;
      this.known.add(row);
      if (this.count === this.all.length) {
        const before = this.all;
        (this.all = new Int32Array(Math.max(64, Math.ceil(before.length * 1.1)))).set(before);
      }
      this.all[this.count++] = row;
    }
  }
}

export function dotsSpec(dots: Dots): ChartSpec {
  const xOf = dots.x.kind === "choices" ? (row: number) => dots.xOf(row) + jitter(row) : dots.xOf;
  const yOf = dots.y.kind === "choices" ? (row: number) => dots.yOf(row) + jitter(row) : dots.yOf;
  const rows = new Rows(dots.study, dots.rows, (row) => !Number.isNaN(dots.xOf(row)) && !Number.isNaN(dots.yOf(row)));
  const places = new Places(dots, xOf, yOf);
  const radius = dots.radius ?? (rows.count > 20000 ? 1.2 : rows.count > 2000 ? 2 : 3.2);
  return {
    x: dots.x,
    y: dots.y,
    get marks() {
      return rows.count;
    },
    follow: () => rows.follow(),
    moved: () => places.forget(),
    draw(pen: Pen, mask: Uint8Array | undefined, from: number): void {
      const { all, count } = rows;
      if (!pen.many) {
        for (let k = from; k < count; ++k) {
          const row = all[k];
          if (mask === undefined || mask[row] !== 0) pen.dot(pen.at.x(xOf(row)), pen.at.y(yOf(row)), dots.color(row), radius);
        }
        return;
      }
      places.reach(all, count, pen);
      const { xs, ys, colors } = places;
      for (let k = from; k < count; ++k) {
        if (mask === undefined || mask[all[k]] !== 0) pen.setDot(xs[k], ys[k], colors[k], radius);
      }
    },
    hover(at: Positions, x: number, y: number): number | undefined {
      let best = (NEAR * devicePixelRatio) ** 2;
      let found: number | undefined;
      for (let k = 0; k < rows.count; ++k) {
        const row = rows.all[k];
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
