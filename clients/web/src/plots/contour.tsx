// Two parameters and the objective: coloured bands of a smooth interpolation, with the trials on top.
import { useMemo, useState } from "preact/hooks";
import type { ParamColumn } from "../data/param_column.js";
import { paramAxis, type Axis } from "./axis.js";
import { Chart, type ChartSpec } from "./chart.js";
import { describeTrial, type PlotProps } from "./context.js";
import { Select } from "./controls.js";
import { Figure } from "./figure.js";
import { RAMP, rampIndex } from "./palette.js";
import type { Pen } from "./pen.js";
import { dotsSpec, jitter } from "./scatter.js";

const GRID = 40;
const BANDS = 12;
const MOST_SAMPLES = 800;
const WIDTH = 0.07; // of the kernel, as a share of an axis

// The share of an axis at which a value lies.
function shareOf(axis: Axis, value: number): number {
  const [low, high] = axis.range;
  if (axis.kind === "log") return (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low));
  return (value - low) / (high - low);
}

interface Field {
  // GRID x GRID ranks between 0 (best) and 1, by row from the bottom.
  ranks: Float64Array;
  // How near the closest trials are: 1 near, 0 far.
  trust: Float64Array;
}

// Nadaraya-Watson regression of the values' ranks with a Gaussian kernel: ranks, so that one terrible value does not drown the rest.
function fieldOf(xs: number[], ys: number[], ranks: number[]): Field {
  const field = { ranks: new Float64Array(GRID * GRID), trust: new Float64Array(GRID * GRID) };
  for (let j = 0; j < GRID; ++j) {
    for (let i = 0; i < GRID; ++i) {
      const [x, y] = [(i + 0.5) / GRID, (j + 0.5) / GRID];
      let [sum, weight, heaviest] = [0, 1e-300, 0];
      for (let k = 0; k < xs.length; ++k) {
        const kernel = Math.exp(-((xs[k] - x) ** 2 + (ys[k] - y) ** 2) / (2 * WIDTH * WIDTH));
        sum += kernel * ranks[k];
        weight += kernel;
        if (kernel > heaviest) heaviest = kernel;
      }
      field.ranks[j * GRID + i] = sum / weight;
      field.trust[j * GRID + i] = Math.min(1, heaviest * 4);
    }
  }
  return field;
}

function drawField(pen: Pen, field: Field): void {
  const { width, height } = pen;
  const at = (values: Float64Array, x: number, y: number) => {
    const [i, j] = [Math.max(0, Math.min(GRID - 1.001, x * GRID - 0.5)), Math.max(0, Math.min(GRID - 1.001, y * GRID - 0.5))];
    const [i0, j0] = [Math.floor(i), Math.floor(j)];
    const [fx, fy] = [i - i0, j - j0];
    const cell = (column: number, row: number) => values[row * GRID + column];
    return (cell(i0, j0) * (1 - fx) + cell(i0 + 1, j0) * fx) * (1 - fy) + (cell(i0, j0 + 1) * (1 - fx) + cell(i0 + 1, j0 + 1) * fx) * fy;
  };
  const cell = Math.max(2, Math.round(2 * pen.scale));
  for (let top = 0; top < height; top += cell) {
    for (let left = 0; left < width; left += cell) {
      const [x, y] = [(left + cell / 2) / width, 1 - (top + cell / 2) / height];
      const band = Math.round(at(field.ranks, x, y) * BANDS) / BANDS;
      pen.context.globalAlpha = 0.15 + 0.7 * at(field.trust, x, y);
      pen.context.fillStyle = RAMP[rampIndex(1 - band)];
      pen.context.fillRect(left, top, cell, cell);
    }
  }
  pen.context.globalAlpha = 1;
}

function contourSpec(props: PlotProps, across: ParamColumn, along: ParamColumn, objective: number): ChartSpec {
  const { study } = props;
  const rows = study.drawable().filter((row) => !Number.isNaN(across.values.get(row)) && !Number.isNaN(along.values.get(row)));
  const [x, y] = [paramAxis(across, study.count), paramAxis(along, study.count)];
  const column = study.values[objective];
  const sign = study.sign(objective);
  const every = Math.ceil(rows.length / MOST_SAMPLES);
  const sample = Array.from(rows.filter((_, k) => k % Math.max(1, every) === 0));
  const rank = new Map(sample.slice().sort((a, b) => (column.get(a) - column.get(b)) * sign || a - b)
    .map((row, k) => [row, k / Math.max(1, sample.length - 1)]));
  const spread = (param: ParamColumn, row: number) => param.values.get(row) + (param.kind === "categorical" ? jitter(row) : 0);
  const field = fieldOf(sample.map((row) => shareOf(x, spread(across, row))), sample.map((row) => shareOf(y, spread(along, row))),
                        sample.map((row) => rank.get(row) ?? 0));
  const spec = dotsSpec({
    study, rows, x, y,
    xOf: (row) => across.values.get(row),
    yOf: (row) => along.values.get(row),
    color: () => (props.theme === "dark" ? "#e4e9ef" : "#10151b"),
    radius: rows.length > 1000 ? 1 : 1.8,
    describe: (row) => describeTrial(study, row),
    open: props.open,
  });
  const dots = spec.draw;
  spec.draw = (pen, mask, from) => {
    if (mask === undefined && from === 0 && rows.length > 1) drawField(pen, field);
    if (mask !== undefined || !pen.many) dots(pen, mask, from);
  };
  return spec;
}

export function Contour(props: PlotProps & { important: string[] }) {
  const { study, important } = props;
  const [names, setNames] = useState<[string?, string?]>([]);
  const [objective, setObjective] = useState(0);
  const find = (name: string | undefined) => study.params.find((param) => param.name === name);
  const across = find(names[0]) ?? find(important[0]);
  const along = find(names[1]) ?? find(important.find((name) => name !== across?.name));
  const shown = Math.min(objective, study.objectives - 1);
  const spec = useMemo(() => (across === undefined || along === undefined ? undefined : contourSpec(props, across, along, shown)),
                       [study, props.version, across, along, shown, props.theme]);
  if (spec === undefined || across === undefined || along === undefined) return null;
  spec.follow?.();
  const options = study.params.map((param) => ({ value: param.name, text: param.name }));
  function* csv() {
    yield ["trial", across?.name ?? "", along?.name ?? "", study.objectiveName(shown)];
    for (const row of study.drawable()) {
      const cell = (param: ParamColumn) => (param.kind === "categorical" ? param.show(param.values.get(row)) : param.values.get(row));
      yield [row, cell(across as ParamColumn), cell(along as ParamColumn), study.values[shown].get(row)];
    }
  }
  return (
    <Figure id="contour" title="Contour" marks={spec.marks} file={study.name} csv={csv} note="Bright: better, by rank; pale: far from any trial."
      controls={
        <>
          <Select label="x" value={across.name} options={options} testId="contour-x" onChange={(name) => setNames([name, along.name])} />
          <Select label="y" value={along.name} options={options} testId="contour-y" onChange={(name) => setNames([across.name, name])} />
          {study.objectives > 1 && <Select label="Objective" value={String(shown)} testId="contour-objective"
            options={study.values.map((_, k) => ({ value: String(k), text: study.objectiveName(k) }))}
            onChange={(value) => setObjective(Number(value))} />}
        </>}>
      <Chart study={study} brush={props.brush} spec={spec} height={320} theme={props.theme}
             label={`${study.objectiveName(shown)} over ${across.name} and ${along.name}, ${spec.marks} trials`} />
    </Figure>
  );
}
