// The values of all complete trials in the order of their numbers, with the best so far; other studies' bests for comparison.
import { useMemo, useState } from "preact/hooks";
import { bestSoFar } from "../data/best.js";
import type { StudyData } from "../data/study_data.js";
import { Chart, type ChartSpec } from "./chart.js";
import { describeTrial, logarithmic, valueAxis, type PlotProps } from "./context.js";
import { Check, Select } from "./controls.js";
import { Figure } from "./figure.js";
import { palette } from "./palette.js";
import type { Pen } from "./pen.js";
import { dotsSpec } from "./scatter.js";
import { padded } from "./axis.js";

interface Props extends PlotProps {
  others: StudyData[];
}

function steps(pen: Pen, best: { numbers: number[]; values: number[] }, until: number): [number, number][] {
  const points: [number, number][] = [];
  best.numbers.forEach((number, k) => {
    const x = pen.at.x(number);
    const last = points.at(-1);
    if (last !== undefined) points.push([x, last[1]]);
    points.push([x, pen.at.y(best.values[k])]);
  });
  const last = points.at(-1);
  if (last !== undefined) points.push([pen.at.x(until), last[1]]);
  return points;
}

function historySpec(props: Props, objective: number, log: boolean): ChartSpec {
  const { study, others } = props;
  const rows = study.drawable();
  const y = valueAxis(study, objective, rows, log);
  const curves = [study, ...others].map((one) => ({ best: bestSoFar(one, objective), until: () => Math.max(0, one.count - 1) }));
  for (const { best } of curves.slice(1)) {
    for (const value of best.values.filter((finite) => Number.isFinite(finite) && (y.kind !== "log" || finite > 0))) {
      y.range = [Math.min(y.range[0], value), Math.max(y.range[1], value)];
    }
  }
  const longest = Math.max(1, ...curves.map((curve) => curve.until()));
  const column = study.values[objective];
  const spec = dotsSpec({
    study,
    rows,
    x: { label: "trial", kind: "linear", range: padded(0, longest, "linear"), whole: true, key: "number" },
    xOf: (row) => row,
    y,
    yOf: (row) => column.get(row),
    color: () => palette().states[3],
    describe: (row) => describeTrial(study, row),
    open: props.open,
  });
  const drawn = curves.map(({ best, until }) => ({
    best: { numbers: best.numbers.filter((_, k) => Number.isFinite(best.values[k])), values: best.values.filter(Number.isFinite) },
    until,
  }));
  spec.over = (pen) => drawn.forEach(({ best, until }, k) => pen.line(steps(pen, best, until()), pen.colors.lines[k % 6], 2));
  return spec;
}

export function History(props: Props) {
  const { study, others } = props;
  const [objective, setObjective] = useState(0);
  const [wantsLog, setWantsLog] = useState<boolean | undefined>(undefined);
  const shown = Math.min(objective, study.objectives - 1);
  const { possible, helps } = useMemo(() => logarithmic(study, shown, study.drawable()), [study, props.version, shown]);
  const log = possible && (wantsLog ?? helps);
  const versions = others.map((other) => other.version).join();
  const spec = useMemo(() => historySpec(props, shown, log), [study, props.version, versions, shown, log, props.theme]);
  const infinite = useMemo(() => (study.values.length > 0 ? countInfinite(study, shown) : 0), [study, props.version, shown]);
  spec.follow?.();
  const notes = [
    infinite > 0 ? `${infinite} complete ${infinite === 1 ? "trial" : "trials"} with an infinite value ${infinite === 1 ? "is" : "are"} not drawn` : "",
    spec.marks === 0 && infinite === 0 ? "No trial is complete yet." : "",
  ].filter((note) => note !== "");
  const csv = () => [["trial", study.objectiveName(shown)],
                     ...Array.from(study.drawable(), (row) => [row, study.values[shown].get(row)])];
  const controls = (
    <>
      {study.objectives > 1 && <Select label="Objective" value={String(shown)} testId="history-objective"
        options={study.values.map((_, k) => ({ value: String(k), text: study.objectiveName(k) }))}
        onChange={(value) => setObjective(Number(value))} />}
      {possible && <Check label="log" checked={log} testId="history-log" onChange={setWantsLog} />}
    </>
  );
  return (
    <Figure id="history" title="History" marks={spec.marks} file={study.name} csv={csv} controls={controls} wide
            note={notes.join("; ")}>
      {(spec.marks > 0 || others.length > 0) && (
        <Chart study={study} brush={props.brush} spec={spec} height={300} theme={props.theme}
               label={`Values of ${spec.marks} trials by number, with the best so far`} />
      )}
      {others.length > 0 && (
        <ul class="legend" data-testid="history-legend">
          {[study, ...others].map((one, k) => (
            <li key={one.name}><i style={{ background: palette().lines[k % 6] }} />{one.name}</li>
          ))}
        </ul>
      )}
    </Figure>
  );
}

function countInfinite(study: StudyData, objective: number): number {
  let count = 0;
  for (let row = 0; row < study.count; ++row) {
    const value = study.values[objective].get(row);
    if (value === Infinity || value === -Infinity) ++count;
  }
  return count;
}
