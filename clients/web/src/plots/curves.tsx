// Intermediate values: one line a trial, by step.
import { useMemo, useState } from "preact/hooks";
import { ENDED_OR_RUNNING, STATE_NAMES } from "../data/study_data.js";
import { padded, type Axis } from "./axis.js";
import { Chart, type ChartSpec } from "./chart.js";
import { describeTrial, type PlotProps } from "./context.js";
import { Check } from "./controls.js";
import { Figure } from "./figure.js";
import { States } from "./legend.js";
import { palette } from "./palette.js";
import type { Pen } from "./pen.js";

const MANY_LINES = 400; // from here on they are set pixel by pixel
const NEAR = 14; // CSS pixels

function curvesSpec(props: PlotProps, log: boolean): ChartSpec & { positive: boolean; states: Set<number> } {
  const { study } = props;
  let [low, high, first, last] = [Infinity, -Infinity, Infinity, -Infinity];
  const rows = [...study.curves.keys()].sort((a, b) => a - b);
  for (const row of rows) {
    const curve = study.curves.get(row) as { steps: number[]; values: number[] };
    for (const step of curve.steps) [first, last] = [Math.min(first, step), Math.max(last, step)];
    for (const value of curve.values) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  const positive = low > 0;
  const kind = log && positive ? "log" : "linear";
  const x: Axis = { label: "step", kind: "linear", range: padded(first, last, "linear"), whole: true };
  const y: Axis = { label: "intermediate value", kind, range: padded(low, high, kind) };
  const points = (row: number) => {
    const curve = study.curves.get(row);
    return curve === undefined ? [] : curve.steps.map((step, k) => [step, curve.values[k]] as const)
      .filter(([, value]) => Number.isFinite(value) && (kind !== "log" || value > 0));
  };
  return {
    x, y, positive,
    states: new Set(rows.map((row) => study.state.get(row))),
    marks: rows.length,
    draw(pen: Pen, mask) {
      pen.context.globalAlpha = rows.length > 300 ? 0.35 : rows.length > 50 ? 0.6 : 0.9;
      for (const row of rows) {
        if (mask !== undefined && mask[row] === 0) continue;
        const color = palette().states[study.state.get(row)];
        if (rows.length > MANY_LINES) {
          const places = points(row);
          for (let k = 1; k < places.length; ++k) {
            const [[x0, y0], [x1, y1]] = [places[k - 1], places[k]];
            pen.segment(pen.at.x(x0), pen.at.y(y0), pen.at.x(x1), pen.at.y(y1), pen.pixelOf(color));
          }
          continue;
        }
        const line = points(row).map(([step, value]) => [pen.at.x(step), pen.at.y(value)] as [number, number]);
        if (line.length > 1) pen.line(line, color, 1.2);
        const end = line.at(-1);
        if (end === undefined) continue;
        pen.context.fillStyle = color;
        pen.context.fillRect(end[0] - 2 * pen.scale, end[1] - 2 * pen.scale, 4 * pen.scale, 4 * pen.scale);
      }
      pen.context.globalAlpha = 1;
    },
    hover(at, mouseX, mouseY) {
      let best = NEAR * devicePixelRatio;
      let found: number | undefined;
      for (const row of rows) {
        for (const [step, value] of points(row)) {
          const distance = Math.hypot(at.x(step) - mouseX, at.y(value) - mouseY);
          if (distance < best) [best, found] = [distance, row];
        }
      }
      return found;
    },
    describe: (row) => describeTrial(study, row),
    open: props.open,
  };
}

export function Curves(props: PlotProps & { note: string }) {
  const { study } = props;
  const [log, setLog] = useState(false);
  const spec = useMemo(() => curvesSpec(props, log), [study, props.version, log, props.theme]);
  if (spec.marks === 0) return null;
  function* csv() {
    yield ["trial", "state", "step", "value"];
    for (const [row, curve] of study.curves) {
      for (let k = 0; k < curve.steps.length; ++k) yield [row, STATE_NAMES[study.state.get(row)], curve.steps[k], curve.values[k]];
    }
  }
  return (
    <Figure id="curves" title="Intermediate values" marks={spec.marks} file={study.name} csv={csv} note={props.note}
            controls={spec.positive && <Check label="log" checked={log} testId="curves-log" onChange={setLog} />}>
      <Chart study={study} brush={props.brush} spec={spec} height={280} theme={props.theme}
             label={`Intermediate values of ${spec.marks} trials by step`} />
      <ul class="legend"><States states={ENDED_OR_RUNNING.filter((state) => spec.states.has(state))} /></ul>
    </Figure>
  );
}
