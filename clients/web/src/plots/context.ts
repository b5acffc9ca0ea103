// What every plot of a study is given.
import type { Brush } from "../data/brush.js";
import type { StudyData } from "../data/study_data.js";
import { showNumber } from "../data/format.js";
import { STATE_NAMES } from "../data/study_data.js";
import { padded, type Axis, type AxisKind } from "./axis.js";

export interface PlotProps {
  study: StudyData;
  brush: Brush;
  // study.version: tells Preact that the same object has changed.
  version: number;
  theme: string;
  open(row: number): void;
}

export function valueRange(study: StudyData, objective: number, rows: ArrayLike<number>): [number, number] {
  const column = study.values[objective];
  let low = Infinity;
  let high = -Infinity;
  for (let k = 0; k < rows.length; ++k) {
    const value = column.get(rows[k]);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

export function valueAxis(study: StudyData, objective: number, rows: ArrayLike<number>, log = false): Axis {
  const [low, high] = valueRange(study, objective, rows);
  const kind: AxisKind = log && low > 0 ? "log" : "linear";
  return { label: study.objectiveName(objective), kind, range: padded(low, high, kind), key: `value:${objective}` };
}

// Whether a logarithmic axis can be had, and whether it helps: all values positive, over more than two decades.
export function logarithmic(study: StudyData, objective: number, rows: ArrayLike<number>): { possible: boolean; helps: boolean } {
  const [low, high] = valueRange(study, objective, rows);
  const possible = low > 0 && low <= high;
  return { possible, helps: possible && high / low > 100 };
}

export function describeTrial(study: StudyData, row: number): string {
  const lines = [`trial ${row} · ${STATE_NAMES[study.state.get(row)]}`];
  study.values.forEach((column, k) => {
    const value = column.get(row);
    if (!Number.isNaN(value)) lines.push(`${study.objectiveName(k)} = ${showNumber(value)}`);
  });
  for (const param of study.params.slice(0, 12)) {
    const value = param.values.get(row);
    if (!Number.isNaN(value)) lines.push(`${param.name} = ${param.show(value)}`);
  }
  return lines.join("\n");
}
