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
// A linear axis ends here, so that its length, with some room at the ends, is still a number. A mark beyond is not seen.
const FARTHEST = Number.MAX_VALUE / 2.2;
// CSS pixels that a letter of a tick or label takes, about.
export const LETTER = 7;

export function shorten(text: string, longest = LONGEST_CHOICE): string {
  if (text.length <= longest) return text;
  const letters = [...text]; // of which some are two of JavaScript's
  return letters.length <= longest ? text : `${letters.slice(0, longest - 1).join("")}…`;
}

// How many letters a choice's text may have where all of them stand beside each other, if they are not to be left out.
export function choiceLetters(axis: Axis, pixels: number): number {
  return Math.max(4, Math.min(LONGEST_CHOICE, Math.floor(pixels / (axis.choices?.length || 1) / LETTER) - 2));
}

// A range with a little room, so that no mark lies on the border.
export function padded(low: number, high: number, kind: AxisKind): [number, number] {
  if (!(low <= high)) return kind === "log" ? [0.1, 1] : [0, 1];
  if (kind === "log") {
    // By logarithms: the range may be wider than a number can say.
    const room = low === high ? Math.log(1.5) : (Math.log(high) - Math.log(low)) * 0.03;
    return [Math.max(Number.MIN_VALUE * 2 ** 52, Math.exp(Math.log(low) - room)), Math.min(Number.MAX_VALUE, Math.exp(Math.log(high) + room))];
  }
  const [from, to] = [Math.max(-FARTHEST, Math.min(FARTHEST, low)), Math.max(-FARTHEST, Math.min(FARTHEST, high))];
  const room = from === to ? Math.max(Math.abs(from) * 0.1, 1e-9) : (to - from) * 0.04;
  return [from - room, to + room];
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

// `across`: texts stand beside each other rather than one above the other.
export function ticksOf(axis: Axis, low: number, high: number, pixels: number, spacing: number, across = false): number[] {
  const count = Math.max(2, Math.floor(pixels / spacing));
  if (axis.kind === "none") return [];
  if (axis.kind === "choices") {
    const choices = axis.choices ?? [];
    const letters = across ? choiceLetters(axis, pixels) : LONGEST_CHOICE;
    const longest = choices.reduce((most, choice) => Math.max(most, shorten(choice, letters).length), 1);
    const fit = Math.max(1, Math.floor(pixels / (across ? longest * LETTER + 10 : 18)));
    const every = Math.max(1, Math.ceil(choices.length / fit));
    return choices.map((_, i) => i).filter((i) => i % every === 0);
  }
  if (axis.kind === "log") return logTicks(low, high, count);
  return linearTicks(low, high, count, axis.whole === true ? 1 : 0);
}

// The texts of ticks: with as many digits as it takes to tell them apart; choices of at most so many letters.
export function tickTexts(axis: Axis, ticks: readonly number[], letters = LONGEST_CHOICE): string[] {
  if (axis.kind === "choices") return ticks.map((tick) => shorten(axis.choices?.[tick] ?? "", letters));
  const texts = ticks.map(showNumber);
  for (let digits = 6; digits <= 15 && new Set(texts).size < new Set(ticks).size; ++digits) {
    ticks.forEach((tick, k) => (texts[k] = String(Number(tick.toPrecision(digits)))));
  }
  return texts;
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
