// One small plot for each parameter: its value against the objective. Dark dots are early trials, bright ones late.
import { useMemo, useState } from "preact/hooks";
import type { ParamColumn } from "../data/param_column.js";
import { paramAxis } from "./axis.js";
import { Chart } from "./chart.js";
import { visible } from "./color_scale.js";
import { describeTrial, logarithmic, valueAxis, type PlotProps } from "./context.js";
import { Select } from "./controls.js";
import { Figure, WhenSeen } from "./figure.js";
import { dotsSpec } from "./scatter.js";

const FIRST = 12;
const HEIGHT = 220;

function Slice(props: PlotProps & { param: ParamColumn; objective: number; rows: Int32Array }) {
  const { study, param, objective } = props;
  const spec = useMemo(() => {
    const rows = props.rows.filter((row) => !Number.isNaN(param.values.get(row)));
    const column = study.values[objective];
    return dotsSpec({
      study,
      rows,
      x: paramAxis(param, study.count),
      xOf: (row) => param.values.get(row),
      y: valueAxis(study, objective, props.rows, logarithmic(study, objective, props.rows).helps),
      yOf: (row) => column.get(row),
      color: (row) => visible(row / Math.max(1, study.count - 1)),
      radius: rows.length > 2000 ? 1.2 : 2.4,
      describe: (row) => describeTrial(study, row),
      open: props.open,
    });
  }, [study, props.version, param, objective, props.theme]);
  spec.follow?.();
  return (
    <div class="slice" data-testid="slice" data-param={param.name} data-marks={spec.marks}>
      <Chart study={study} brush={props.brush} spec={spec} height={HEIGHT} theme={props.theme}
             label={`${param.name} against ${study.objectiveName(objective)}, ${spec.marks} trials`} />
    </div>
  );
}

export function Slices(props: PlotProps & { important: string[] }) {
  const { study } = props;
  const [objective, setObjective] = useState(0);
  const [all, setAll] = useState(false);
  const shown = Math.min(objective, study.objectives - 1);
  const rows = useMemo(() => study.drawable(), [study, props.version]);
  if (study.params.length === 0) return null;
  const first = props.important.slice(0, FIRST);
  const params = all || study.params.length <= FIRST ? study.params : study.params.filter((param) => first.includes(param.name));
  function* csv() {
    yield ["parameter", "parameter value", "trial", study.objectiveName(shown)];
    for (const param of study.params) {
      for (const row of rows) {
        const value = param.values.get(row);
        if (Number.isNaN(value)) continue;
        yield [param.name, param.kind === "categorical" ? param.show(value) : value, row, study.values[shown].get(row)];
      }
    }
  }
  return (
    <Figure id="slices" title="Slices" marks={params.length} file={study.name} csv={csv} wide controls={
      <>
        {study.objectives > 1 && <Select label="Objective" value={String(shown)} testId="slices-objective"
          options={study.values.map((_, k) => ({ value: String(k), text: study.objectiveName(k) }))}
          onChange={(value) => setObjective(Number(value))} />}
        {params.length < study.params.length && (
          <button type="button" class="quiet" data-testid="slices-all" onClick={() => setAll(true)}>All {study.params.length}</button>
        )}
      </>}>
      <div class="slices">
        {params.map((param) => (
          <WhenSeen key={param.name} height={HEIGHT}>
            <Slice {...props} param={param} objective={shown} rows={rows} />
          </WhenSeen>
        ))}
      </div>
    </Figure>
  );
}
