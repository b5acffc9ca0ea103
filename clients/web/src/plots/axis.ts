// An axis of a plot: its scale, its range, and which column of the study it shows.
import type { ParamColumn } from "../data/param_column.js";
import type { ColumnKey } from "../data/brush.js";
import { showNumber } from "../data/format.js";
import { linearTicks, logTicks } from "./ticks.js";

export type AxisKind = "linear" | "log" | "time" | "choices" | "none";

export interface Axis {
  label: string;
  kind: AxisKind;
  range: [number, number];
  // Choices by index.
  choices?: string[];
  // Ticks are whole numbers.
  whole?: boolean;
  // The column that a brush over this axis restricts.
  key?: ColumnKey;
}

const LONGEST_CHOICE = 16;

export function shorten(text: string, longest = LONGEST_CHOICE): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

// A range with a little room, so that no mark lies on the border.
export function padded(low: number, high: number, kind: AxisKind): [number, number] {
  if (!(low <= high)) return kind === "log" ? [0.1, 1] : [0, 1];
  if (kind === "log") {
    const room = low === high ? 1.5 : (high / low) ** 0.03;
    return [low / room, high * room];
  }
  const room = low === high ? Math.max(Math.abs(low) * 0.1, 1e-9) : (high - low) * 0.04;
  return [low - room, high + room];
}

export function paramAxis(column: ParamColumn, rows: number): Axis {
  const key = `param:${column.name}`;
  const [low, high] = column.range(rows);
  if (column.kind === "categorical") {
    return { label: column.name, kind: "choices", range: [low, high], choices: column.choices, key };
  }
  const kind = column.log && low > 0 ? "log" : "linear";
  return { label: column.name, kind, range: padded(low, high, kind), whole: column.kind === "int", key };
}

export function ticksOf(axis: Axis, low: number, high: number, pixels: number, spacing: number): number[] {
  const count = Math.max(2, Math.floor(pixels / spacing));
  if (axis.kind === "none") return [];
  if (axis.kind === "choices") {
    const every = Math.max(1, Math.ceil((axis.choices?.length ?? 1) / Math.max(1, Math.floor(pixels / 18))));
    return (axis.choices ?? []).map((_, i) => i).filter((i) => i % every === 0);
  }
  if (axis.kind === "log") return logTicks(low, high, count);
  return linearTicks(low, high, count, axis.whole === true ? 1 : 0);
}

export function tickText(axis: Axis, tick: number): string {
  if (axis.kind === "choices") return shorten(axis.choices?.[tick] ?? "");
  return showNumber(tick);
}

// Positions along an axis: offset + scale * f(value), f being the logarithm on a log axis.
export function positions(axis: Axis, from: number, to: number): (value: number) => number {
  const [low, high] = axis.range;
  if (axis.kind === "log") {
    const scale = (to - from) / (Math.log(high) - Math.log(low));
    const offset = from - Math.log(low) * scale;
    return (value) => offset + Math.log(value) * scale;
  }
  const scale = (to - from) / (high - low);
  const offset = from - low * scale;
  return (value) => offset + value * scale;
}

// The inverse of positions.
export function valueAt(axis: Axis, share: number): number {
  const [low, high] = axis.range;
  if (axis.kind === "log") return Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low)));
  return low + share * (high - low);
}
