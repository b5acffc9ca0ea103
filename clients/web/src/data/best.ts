// Which trials are best, and how the best developed.
import { Flag, State, type StudyData } from "./study_data.js";

function counts(study: StudyData, row: number): boolean {
  return study.state.get(row) === State.complete && (study.flags.get(row) & Flag.infeasible) === 0;
}

// The best so far of one objective: at which numbers it improved, and to what.
export function bestSoFar(study: StudyData, objective = 0): { numbers: number[]; values: number[] } {
  const sign = study.sign(objective);
  const column = study.values[objective];
  const numbers: number[] = [];
  const values: number[] = [];
  let best = Infinity;
  for (let row = 0; row < study.count && column !== undefined; ++row) {
    const value = column.get(row) * sign;
    if (value < best && counts(study, row)) {
      best = value;
      numbers.push(row);
      values.push(value * sign);
    }
  }
  return { numbers, values };
}

export function bestRow(study: StudyData): number | undefined {
  return bestSoFar(study).numbers.at(-1);
}

// The rows that no other complete, feasible trial dominates, by number. Two objectives: a sweep in the order of the first; more:
// each is compared with the front so far, in the order of the sum, so that a later one cannot dominate an earlier one.
export function paretoFront(study: StudyData): number[] {
  const columns = study.values;
  const signs = columns.map((_, i) => study.sign(i));
  const at = (row: number, k: number) => columns[k].get(row) * signs[k];
  const rows: number[] = [];
  for (let row = 0; row < study.count; ++row) if (counts(study, row)) rows.push(row);
  if (columns.length === 2) return sweep(rows, at).sort((a, b) => a - b);
  // Sums of infinities may be NaN; the order by objectives then decides.
  const order = rows.sort((a, b) => {
    const difference = columns.reduce((sum, _, k) => sum + (at(a, k) - at(b, k)), 0);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
    for (let k = 0; k < columns.length; ++k) if (at(a, k) !== at(b, k)) return at(a, k) - at(b, k);
    return a - b;
  });
  const front: number[] = [];
  for (const row of order) {
    if (!front.some((other) => dominates(other, row, columns.length, at))) front.push(row);
  }
  return front.sort((a, b) => a - b);
}

function sweep(rows: number[], at: (row: number, k: number) => number): number[] {
  rows.sort((a, b) => at(a, 0) - at(b, 0) || at(a, 1) - at(b, 1));
  const front: number[] = [];
  let best = Infinity;
  let last: number | undefined;
  for (const row of rows) {
    const twin = last !== undefined && at(row, 0) === at(last, 0) && at(row, 1) === at(last, 1);
    if (at(row, 1) < best || twin || (front.length === 0)) {
      front.push(row);
      best = at(row, 1);
      last = row;
    }
  }
  return front;
}

function dominates(a: number, b: number, objectives: number, at: (row: number, k: number) => number): boolean {
  let better = false;
  for (let k = 0; k < objectives; ++k) {
    if (at(a, k) > at(b, k)) return false;
    if (at(a, k) < at(b, k)) better = true;
  }
  return better;
}
