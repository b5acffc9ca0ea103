// One parameter of a study as a column of numbers, so that every plot, filter and sort treats all kinds alike: a float's or int's
// value; a categorical's index among `choices`; NaN where the trial lacks the parameter.
import type { Distribution, Value } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { NumberColumn } from "./columns.js";
import { showNumber } from "./format.js";

export class ParamColumn {
  readonly values = new NumberColumn(NaN);
  // Whether `kind` and the bounds come from a distribution, and not only from the values seen.
  declared = false;
  // Until the first value was read.
  isNew = true;
  kind: "float" | "int" | "categorical" = "float";
  log = false;
  low = NaN;
  high = NaN;
  // As text: a choice's type is part of what it is, so "1", 1 and 1.0 are told apart by their keys.
  readonly choices: string[] = [];
  private readonly codes = new Map<string, number>();

  constructor(readonly name: string) {}

  describe(distribution: Distribution): void {
    const kind = distribution.kind;
    if (kind.case === undefined) return;
    this.declared = true;
    if (kind.case === "categorical") {
      const codes = kind.value.choices.map((choice) => this.code(choice));
      if (this.kind !== "categorical") this.becomeCategorical(kind.value.choices, codes);
      this.kind = "categorical";
      return;
    }
    this.kind = kind.case;
    this.log = kind.value.log;
    this.low = Number(kind.value.low);
    this.high = Number(kind.value.high);
  }

  // Values that were taken for plain numbers turn out to be choices.
  private becomeCategorical(choices: Value[], codes: number[]): void {
    const byNumber = new Map(choices.map((choice, i) => [Number(choice.kind.value), codes[i]]));
    this.values.data = this.values.data.map((value) => (Number.isNaN(value) ? NaN : (byNumber.get(value) ?? NaN)));
  }

  code(value: Value): number {
    return this.codeOf(keyOf(value), choiceText(value));
  }

  codeOf(key: string, text: string): number {
    let code = this.codes.get(key);
    if (code === undefined) {
      code = this.choices.length;
      this.choices.push(text);
      this.codes.set(key, code);
    }
    return code;
  }

  // What a number in the column stands for.
  show(value: number): string {
    if (Number.isNaN(value)) return "";
    return this.kind === "categorical" ? (this.choices[value] ?? "") : showNumber(value);
  }

  // The range to draw: the distribution's, or that of the values seen.
  range(count: number): [number, number] {
    if (this.kind === "categorical") return [-0.5, Math.max(this.choices.length, 1) - 0.5];
    if (this.declared) return [this.low, this.high];
    let low = Infinity;
    let high = -Infinity;
    for (let row = 0; row < count; ++row) {
      const value = this.values.get(row);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low <= high ? [low, high] : [0, 1];
  }
}

export function keyOf(value: Value): string {
  return `${value.kind.case ?? ""}:${String(value.kind.value)}`;
}

// A double that is a choice: 1.0 is another one than 1.
export function doubleText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : showNumber(value);
}

export function choiceText(value: Value): string {
  const kind = value.kind;
  switch (kind.case) {
    case "nullValue": return "null";
    case "doubleValue": return doubleText(kind.value);
    case undefined: return "";
    default: return String(kind.value);
  }
}
