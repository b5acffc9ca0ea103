// How much each parameter decides whether a trial is among the best tenth: PED-ANOVA (Watanabe, Bansal, Hutter 2023, arXiv
// 2304.10255; conditional parameters as in arXiv 2601.20800), for one objective the figures that `parzen plot` shows. Two
// simplifications (docs/page.md): several objectives rank by the sum of their ranks instead of by hypervolume, and where a space
// has grown, its present distributions are taken for all trials.
import type { ParamColumn } from "./param_column.js";
import type { StudyData } from "./study_data.js";

const TARGET_QUANTILE = 0.1;
const GRID_STEPS = 50; // points that a numeric range is rounded to
const PRIOR_WEIGHT = 1;
const SMALLEST_REGIME = 2; // trials; fewer are not judged
const DENSITY_FLOOR = 1e-12;

export interface Importance {
  name: string;
  share: number;
}

// The error function, by Abramowitz and Stegun 7.1.26 with an absolute error below 1.5e-7: more than a picture shows.
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x);
  return x >= 0 ? 1 - tail : tail - 1;
}

function normalMass(a: number, b: number): number {
  return Math.max(0, 0.5 * (erf(b / Math.SQRT2) - erf(a / Math.SQRT2)));
}

interface Grid {
  low: number;
  high: number;
  log: boolean;
  steps: number;
}

function gridOf(column: ParamColumn, rows: number): Grid {
  let [low, high] = column.range(rows);
  let steps = GRID_STEPS;
  if (column.kind === "int") {
    const points = column.log ? Math.ceil(Math.log2(high - low + 1)) + 1 : Math.round((high - low) / (column.step ?? 1)) + 1;
    steps = Math.min(points, GRID_STEPS);
  } else if (column.step !== undefined) {
    steps = Math.min(Math.round((high - low) / column.step) + 1, GRID_STEPS);
  }
  if (column.log) [low, high] = [Math.log(low), Math.log(high)];
  return { low, high, log: column.log, steps };
}

function counts(column: ParamColumn, grid: Grid, rows: readonly number[]): Float64Array {
  if (column.kind === "categorical") {
    const result = new Float64Array(column.choices.length);
    for (const row of rows) ++result[column.values.get(row)];
    return result;
  }
  const result = new Float64Array(grid.steps);
  const step = (grid.high - grid.low) / (grid.steps - 1);
  for (const row of rows) {
    const value = column.values.get(row);
    const index = Math.ceil(((grid.log ? Math.log(value) : value) - grid.low) / step - 0.5);
    ++result[Math.max(0, Math.min(grid.steps - 1, index))];
  }
  return result;
}

// Scott's rule on counted integers (Scott 1992, "Multivariate Density Estimation").
function bandwidth(points: number[], weights: number[]): number {
  const sum = weights.reduce((a, b) => a + b, 0);
  const mean = points.reduce((total, point, i) => total + point * weights[i], 0) / sum;
  const square = points.reduce((total, point, i) => total + (point - mean) ** 2 * weights[i], 0);
  let running = 0;
  const cumulated = weights.map((weight) => (running += weight));
  const first = Math.max(0, cumulated.findIndex((total) => total >= Math.floor(sum / 4)));
  const third = cumulated.findIndex((total) => total > Math.floor((sum * 3) / 4));
  const range = points[third < 0 ? points.length - 1 : third] - points[first];
  const deviation = Math.sqrt(square / Math.max(1, sum - 1));
  return Math.max(1.059 * Math.min(range / 1.34, deviation) * sum ** -0.2, 0.5 / 1.64);
}

function categoricalDensity(size: number, points: number[], weights: number[], total: number): number[] {
  const little = PRIOR_WEIGHT / (points.length + 1);
  const rowSum = 1 + little * size;
  return Array.from({ length: size }, (_, i) => points.reduce(
    (density, point, k) => density + ((weights[k] / total) * ((point === i ? 1 : 0) + little)) / rowSum, PRIOR_WEIGHT / total / size));
}

// The Parzen estimate at each grid point or choice, from counts.
function density(categorical: boolean, counted: Float64Array): number[] {
  const points: number[] = [];
  const weights: number[] = [];
  counted.forEach((count, i) => {
    if (count > 0) {
      points.push(i);
      weights.push(count);
    }
  });
  const total = weights.reduce((a, b) => a + b, 0) + PRIOR_WEIGHT;
  if (categorical) return categoricalDensity(counted.length, points, weights, total);
  const high = counted.length - 1;
  const result = new Array<number>(counted.length).fill(0);
  const add = (mean: number, deviation: number, weight: number) => {
    const inside = normalMass((-0.5 - mean) / deviation, (high + 0.5 - mean) / deviation);
    for (let i = 0; i < result.length; ++i) {
      result[i] += (weight * normalMass((i - 0.5 - mean) / deviation, (i + 0.5 - mean) / deviation)) / inside;
    }
  };
  const width = bandwidth(points, weights);
  points.forEach((point, k) => add(point, width, weights[k] / total));
  add(high / 2, high + 1, PRIOR_WEIGHT / total);
  return result;
}

// Pearson's divergence between the densities of the better values and of all.
function divergence(column: ParamColumn, grid: Grid, better: number[], all: number[]): number {
  const categorical = column.kind === "categorical";
  const top = density(categorical, counts(column, grid, better));
  const local = density(categorical, counts(column, grid, all));
  return top.reduce((sum, value, i) => {
    const ratio = (value + DENSITY_FLOOR) / (local[i] + DENSITY_FLOOR);
    return sum + (local[i] + DENSITY_FLOOR) * (ratio - 1) ** 2;
  }, 0);
}

function isSingle(column: ParamColumn, rows: number): boolean {
  if (column.kind === "categorical") return column.choices.length < 2;
  const [low, high] = column.range(rows);
  return high - low < (column.kind === "int" && !column.log ? (column.step ?? 1) : (column.step ?? Number.MIN_VALUE));
}

// What the trials are judged by: the value, or the sum of the ranks of several.
function losses(study: StudyData, rows: readonly number[]): number[] {
  const of = (k: number) => rows.map((row) => study.values[k].get(row) * study.sign(k));
  if (study.objectives === 1) return of(0);
  const sums = new Array<number>(rows.length).fill(0);
  study.values.forEach((_, k) => {
    const column = of(k);
    const order = column.map((_value, i) => i).sort((a, b) => column[a] - column[b]);
    order.forEach((i, rank) => (sums[i] += rank));
  });
  return sums;
}

// Shares that sum to 1, the largest first; all 0 if nothing can be told.
export function importances(study: StudyData): Importance[] {
  const rows: number[] = [];
  for (let row = 0; row < study.count; ++row) if (study.isDrawable(row)) rows.push(row);
  const present = study.params.filter((param) => rows.some((row) => !Number.isNaN(param.values.get(row))));
  const loss = losses(study, rows);
  if (rows.length < 2 || loss.every((value) => value === loss[0])) return present.map(({ name }) => ({ name, share: 0 }));
  const cutoff = Float64Array.from(loss).sort()[Math.ceil(TARGET_QUANTILE * rows.length) - 1];
  const better = rows.filter((_, i) => loss[i] <= cutoff);
  const raw = present.map((column) => {
    const has = (row: number) => !Number.isNaN(column.values.get(row));
    const [all, top] = [rows.filter(has), better.filter(has)];
    if (all.length < SMALLEST_REGIME || top.length === 0 || isSingle(column, study.count)) return 0;
    const alpha = top.length / better.length;
    return ((alpha * alpha) / (all.length / rows.length)) * divergence(column, gridOf(column, study.count), top, all);
  });
  const sum = raw.reduce((a, b) => a + b, 0);
  return present.map(({ name }, i) => ({ name, share: sum > 0 ? raw[i] / sum : 0 })).sort((a, b) => b.share - a.share);
}
