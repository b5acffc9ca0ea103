// The Pareto front: two objectives as a plane, three as a cube that can be turned; of more, any two are chosen.
import { useMemo, useRef, useState } from "preact/hooks";
import { paretoFront } from "../data/best.js";
import type { StudyData } from "../data/study_data.js";
import { padded, shorten } from "./axis.js";
import { Chart, type ChartSpec } from "./chart.js";
import { describeTrial, valueAxis, valueRange, type PlotProps } from "./context.js";
import { Check, Select } from "./controls.js";
import { Figure } from "./figure.js";
import { palette } from "./palette.js";
import type { Pen } from "./pen.js";
import { dotsSpec } from "./scatter.js";
import { showNumber } from "../data/format.js";

function planeSpec(props: PlotProps, front: Set<number>, a: number, b: number): ChartSpec {
  const { study } = props;
  const rows = study.drawable().slice().sort((one, other) => Number(front.has(one)) - Number(front.has(other)) || one - other);
  return dotsSpec({
    study,
    rows,
    x: valueAxis(study, a, rows), xOf: (row) => study.values[a].get(row),
    y: valueAxis(study, b, rows), yOf: (row) => study.values[b].get(row),
    color: (row) => (front.has(row) ? palette().line : palette().states[1]),
    describe: (row) => describeTrial(study, row) + (front.has(row) ? "\non the Pareto front" : ""),
    open: props.open,
  });
}

interface Turn {
  angle: number;
  tilt: number;
}

type Place = (a: number, b: number, c: number) => [number, number];

// The unit cube, seen from the side without perspective.
function projection({ angle, tilt }: Turn): Place {
  const [sa, ca, st, ct] = [Math.sin(angle), Math.cos(angle), Math.sin(tilt), Math.cos(tilt)];
  return (a, b, c) => {
    const [x, y, z] = [a - 0.5, b - 0.5, c - 0.5];
    return [x * ca - y * sa, z * ct + (x * sa + y * ca) * st];
  };
}

function drawCube(pen: Pen, study: StudyData, ranges: [number, number][], place: Place): void {
  const to = (a: number, b: number, c: number): [number, number] => {
    const [x, y] = place(a, b, c);
    return [pen.at.x(x), pen.at.y(y)];
  };
  for (let corner = 0; corner < 8; ++corner) {
    for (let axis = 0; axis < 3; ++axis) {
      if (((corner >> axis) & 1) !== 0) continue;
      const from = [corner & 1, (corner >> 1) & 1, (corner >> 2) & 1];
      const until = from.slice();
      until[axis] = 1;
      pen.line([to(from[0], from[1], from[2]), to(until[0], until[1], until[2])], corner === 0 ? pen.colors.faint : pen.colors.grid, 1);
    }
  }
  for (let axis = 0; axis < 3; ++axis) {
    const end = [0, 0, 0];
    end[axis] = 1.06;
    const [x, y] = to(end[0], end[1], end[2]);
    const [low, high] = ranges[axis];
    const text = `${shorten(study.objectiveName(axis))} ${showNumber(Number(low.toPrecision(3)))} to ${showNumber(Number(high.toPrecision(3)))}`;
    const half = text.length * 3 * pen.scale + 2;
    pen.text(text, Math.max(half, Math.min(pen.width - half, x)), y, pen.colors.text, "center", true);
  }
}

function cubeSpec(props: PlotProps, front: Set<number>, turn: { current: Turn }): ChartSpec {
  const { study } = props;
  const rows = study.drawable().slice().sort((one, other) => Number(front.has(one)) - Number(front.has(other)) || one - other);
  const ranges = [0, 1, 2].map((k) => valueRange(study, k, rows)).map(([low, high]) => (low < high ? [low, high] : padded(low, high, "linear"))) as [number, number][];
  // Halves, since the difference of two large numbers may be none.
  const share = (k: number, row: number) => (study.values[k].get(row) / 2 - ranges[k][0] / 2) / (ranges[k][1] / 2 - ranges[k][0] / 2);
  const at = (row: number) => projection(turn.current)(share(0, row), share(1, row), share(2, row));
  const spec = dotsSpec({
    study,
    rows,
    x: { label: "", kind: "none", range: [-1, 1] }, xOf: (row) => at(row)[0],
    y: { label: "", kind: "none", range: [-0.85, 0.85] }, yOf: (row) => at(row)[1],
    color: (row) => (front.has(row) ? palette().line : palette().states[1]),
    describe: (row) => describeTrial(study, row) + (front.has(row) ? "\non the Pareto front" : ""),
    open: props.open,
  });
  spec.over = (pen) => drawCube(pen, study, ranges, projection(turn.current));
  spec.pointer = ({ kind, dx, dy }) => {
    if (kind !== "move") return false;
    const { angle, tilt } = turn.current;
    turn.current = { angle: angle - dx / 200 / devicePixelRatio, tilt: Math.max(0, Math.min(1.5, tilt + dy / 200 / devicePixelRatio)) };
    return true;
  };
  return spec;
}

export function Pareto(props: PlotProps) {
  const { study } = props;
  const [axes, setAxes] = useState<[number, number]>([0, 1]);
  const [flat, setFlat] = useState(false);
  const turn = useRef<Turn>({ angle: 0.6, tilt: 0.45 });
  const front = useMemo(() => new Set(paretoFront(study)), [study, props.version]);
  const cube = study.objectives === 3 && !flat;
  const spec = useMemo(() => (cube ? cubeSpec(props, front, turn) : planeSpec(props, front, axes[0], axes[1])),
                       [study, props.version, cube, axes, front, props.theme]);
  spec.follow?.();
  const options = study.values.map((_, k) => ({ value: String(k), text: study.objectiveName(k) }));
  const csv = () => [["trial", ...study.values.map((_, k) => study.objectiveName(k)), "on the front"],
    ...Array.from(study.drawable(), (row) => [row, ...study.values.map((column) => column.get(row)), front.has(row) ? 1 : 0])];
  return (
    <Figure id="pareto" title="Pareto front" marks={spec.marks} file={study.name} csv={csv}
      note={`${front.size} trials on the front${cube ? "; drag to turn" : ""}`}
      controls={
        <>
          {study.objectives === 3 && <Check label="plane" checked={flat} testId="pareto-flat" onChange={setFlat} />}
          {!cube && study.objectives > 2 && <Select label="x" value={String(axes[0])} options={options} testId="pareto-x"
            onChange={(value) => setAxes([Number(value), axes[1]])} />}
          {!cube && study.objectives > 2 && <Select label="y" value={String(axes[1])} options={options} testId="pareto-y"
            onChange={(value) => setAxes([axes[0], Number(value)])} />}
        </>}>
      <span hidden data-testid="front-size">{front.size}</span>
      <Chart study={study} brush={props.brush} spec={spec} height={320} theme={props.theme}
             label={`${spec.marks} trials by their objectives, ${front.size} of them on the Pareto front`} />
    </Figure>
  );
}
