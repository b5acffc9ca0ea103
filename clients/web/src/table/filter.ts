// The table's filter: words that must all hold. "lr<0.01", "value>=3", "kernel=rbf", "state=failed", "worker=gpu" compare a column;
// any other word is looked for in the trial's number, state and worker.
import { STATE_NAMES, type StudyData } from "../data/study_data.js";

export type Test = (row: number) => boolean;

const COMPARISON = /^(.+?)(<=|>=|!=|=|<|>|:)(.*)$/;

function compare(operator: string, a: number, b: number): boolean {
  switch (operator) {
    case "<": return a < b;
    case "<=": return a <= b;
    case ">": return a > b;
    case ">=": return a >= b;
    case "!=": return a !== b;
    default: return a === b;
  }
}

// The column that a word names, as numbers or as text.
export function cellOf(study: StudyData, name: string): { number?: (row: number) => number; text?: (row: number) => string } | undefined {
  if (name === "trial" || name === "number") return { number: (row) => row };
  if (name === "state") return { text: (row) => STATE_NAMES[study.state.get(row)] };
  if (name === "worker") return { text: (row) => study.workerName(row) };
  if (name === "retries") return { number: (row) => study.attempt.get(row) };
  if (name === "duration") return { number: (row) => (study.finished.get(row) - study.started.get(row)) / 1000 };
  for (let k = 0; k < study.objectives; ++k) {
    if (study.objectiveName(k) === name || (k === 0 && name === "value")) return { number: (row) => study.values[k].get(row) };
  }
  const param = study.params.find((candidate) => candidate.name === name);
  if (param === undefined) return undefined;
  if (param.kind === "categorical") return { text: (row) => param.show(param.values.get(row)) };
  return { number: (row) => param.values.get(row) };
}

function testOf(study: StudyData, word: string): Test {
  const match = COMPARISON.exec(word);
  const cell = match === null ? undefined : cellOf(study, match[1]);
  if (match !== null && cell !== undefined) {
    const [, , operator, wanted] = match;
    if (cell.number !== undefined) {
      const number = cell.number;
      const bound = Number(wanted);
      return wanted === "" ? () => true : (row) => compare(operator, number(row), bound);
    }
    const text = cell.text as (row: number) => string;
    const contains = (row: number) => text(row).toLowerCase().includes(wanted.toLowerCase());
    return operator === "!=" ? (row) => !contains(row) : contains;
  }
  const lower = word.toLowerCase();
  return (row) => String(row) === word || STATE_NAMES[study.state.get(row)].includes(lower) ||
    study.workerName(row).toLowerCase().includes(lower);
}

// Rows that pass the filter and are selected.
export function filterRows(study: StudyData, filter: string, mask: Uint8Array | undefined): Int32Array {
  const tests = filter.split(/\s+/).filter((word) => word !== "").map((word) => testOf(study, word));
  const rows = new Int32Array(study.count);
  let count = 0;
  for (let row = 0; row < study.count; ++row) {
    if (study.state.get(row) === 0 || (mask !== undefined && mask[row] === 0)) continue;
    if (tests.every((test) => test(row))) rows[count++] = row;
  }
  return rows.subarray(0, count);
}

// Sorts rows in place; those without a value come last, whichever way is sorted.
export function sortRows(study: StudyData, rows: Int32Array, name: string, descending: boolean): Int32Array {
  if (name === "trial") return descending ? rows.reverse() : rows;
  const cell = cellOf(study, name);
  if (cell === undefined) return rows;
  const way = descending ? -1 : 1;
  if (cell.number !== undefined) {
    const number = cell.number;
    const keys = new Float64Array(study.count);
    for (const row of rows) keys[row] = number(row);
    return rows.sort((a, b) => {
      const [x, y] = [keys[a], keys[b]];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
      return x === y ? a - b : (x < y ? -1 : 1) * way;
    });
  }
  const text = cell.text as (row: number) => string;
  const order = new Map([...new Set(Array.from(rows, text))].sort().map((word, k) => [word, word === "" ? Infinity : k * way]));
  const keys = new Float64Array(study.count);
  for (const row of rows) keys[row] = order.get(text(row)) ?? Infinity;
  return rows.sort((a, b) => (keys[a] === keys[b] ? a - b : keys[a] - keys[b]));
}
