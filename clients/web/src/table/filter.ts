// The table's filter: words that must all hold. "lr<0.01", "value>=3", "kernel=rbf", "state=failed", "worker=gpu" compare a column;
// any other word is looked for in the trial's number, state and worker. A parameter whose name is that of another column is
// "param:state", an objective "value:0", and quotes keep blanks together: "learning rate"<0.01.
import { STATE_NAMES, type StudyData } from "../data/study_data.js";

export type Test = (row: number) => boolean;

const OPERATORS = /<=|>=|!=|=|<|>|:/g;

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
    if (name === `value:${k}` || study.objectiveName(k) === name || (k === 0 && name === "value")) {
      return { number: (row) => study.values[k].get(row) };
    }
  }
  const param = study.params.find((candidate) => `param:${candidate.name}` === name) ?? study.params.find((candidate) => candidate.name === name);
  if (param === undefined) return undefined;
  if (param.kind === "categorical") return { text: (row) => param.show(param.values.get(row)) };
  return { number: (row) => param.values.get(row) };
}

type Cell = NonNullable<ReturnType<typeof cellOf>>;

// A column, an operator and what it is compared with; names may have operators in them, so that the longest that is one counts.
function comparisonIn(study: StudyData, word: string): { cell: Cell; operator: string; wanted: string } | undefined {
  for (const match of [...word.matchAll(OPERATORS)].reverse()) {
    const cell = cellOf(study, word.slice(0, match.index));
    if (cell !== undefined) return { cell, operator: match[0], wanted: word.slice(match.index + match[0].length) };
  }
  return undefined;
}

function testOf(study: StudyData, word: string): Test {
  const comparison = comparisonIn(study, word);
  if (comparison !== undefined) {
    const { cell, operator, wanted } = comparison;
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
  const words = filter.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
  const tests = words.map((word) => word.replaceAll('"', "")).filter((word) => word !== "").map((word) => testOf(study, word));
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
