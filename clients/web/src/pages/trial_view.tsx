// What is shown of a trial, wherever it comes from.
import { useEffect, useMemo } from "preact/hooks";
import { timestampMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import { Failure_Kind, Trial_State, type Attribute, type Study, type Trial } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { Brush } from "../data/brush.js";
import { showDuration, showNumber, showTime, trialPath } from "../data/format.js";
import { choiceText } from "../data/param_column.js";
import { StudyData } from "../data/study_data.js";
import { padded } from "../plots/axis.js";
import { Chart, type ChartSpec } from "../plots/chart.js";
import { Figure } from "../plots/figure.js";
import { navigate } from "../ui/router.js";

const LOG_KEYS = ["log", "logs", "output", "stdout", "stderr", "parzen:log"];

function time(stamp: Timestamp | undefined): number {
  return stamp === undefined ? NaN : timestampMs(stamp);
}

export function hasEnded(trial: Trial): boolean {
  return trial.state >= Trial_State.COMPLETE;
}

export function objectiveNames(study: Study): string[] {
  return study.directions.map((_, k) => study.metricNames[k] ?? (study.directions.length === 1 ? "value" : `value ${k}`));
}

// [ and ]: the trial before and after.
export function useTrialKeys(name: string, number: number, last: boolean): void {
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).closest("input, textarea, select, dialog") !== null) return;
      if (event.key === "[" && number > 0) navigate(trialPath(name, number - 1));
      if (event.key === "]" && !last) navigate(trialPath(name, number + 1));
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [name, number, last]);
}

function CurvePlot({ trial, theme, file }: { trial: Trial; theme: string; file: string }) {
  const points = trial.intermediateValues.map((report) => [Number(report.step), report.value] as [number, number])
    .filter(([, value]) => Number.isFinite(value)).sort((a, b) => a[0] - b[0]);
  const study = useMemo(() => new StudyData(), []);
  const brush = useMemo(() => new Brush(), []);
  const spec = useMemo<ChartSpec>(() => {
    const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
    return {
      x: { label: "step", kind: "linear", range: padded(Math.min(...xs), Math.max(...xs), "linear"), whole: true },
      y: { label: "intermediate value", kind: "linear", range: padded(Math.min(...ys), Math.max(...ys), "linear") },
      marks: points.length,
      draw(pen) {
        pen.line(points.map(([x, y]) => [pen.at.x(x), pen.at.y(y)]), pen.colors.accent, 2);
        for (const [x, y] of points) pen.dot(pen.at.x(x), pen.at.y(y), pen.colors.accent, 2.5);
      },
      hover(at, x, y) {
        const near = points.findIndex(([step, value]) => Math.hypot(at.x(step) - x, at.y(value) - y) < 12 * devicePixelRatio);
        return near < 0 ? undefined : near;
      },
      describe: (k) => `step ${points[k][0]}\n${showNumber(points[k][1])}`,
    };
  }, [trial, theme]);
  if (points.length === 0) return null;
  const csv = () => [["step", "value"], ...trial.intermediateValues.map((report) => [Number(report.step), report.value])];
  return (
    <Figure id="curve" title="Intermediate values" marks={points.length} file={file} csv={csv}>
      <Chart study={study} brush={brush} spec={spec} height={240} theme={theme} label={`${points.length} intermediate values`} />
    </Figure>
  );
}

function Facts({ trial }: { trial: Trial }) {
  const [created, started, finished] = [time(trial.createTime), time(trial.startTime), time(trial.finishTime)];
  const deadline = time(trial.leaseDeadline);
  const facts: [string, string][] = [
    ["Worker", trial.worker],
    ["Retries", `${trial.handle?.attempt ?? 0}${trial.lostLeases > 0 ? `, ${trial.lostLeases} after a lost lease` : ""}`],
    ["Created", showTime(created)],
    ["Started", showTime(started)],
    ["Finished", showTime(finished)],
    ["Took", showDuration(finished - started)],
    ["Lease", trial.leaseSeconds === undefined ? (started > 0 ? "none" : "") : `${trial.leaseSeconds} s`],
    ["Lease runs out", Number.isNaN(deadline) ? "" : `${showTime(deadline)} (in ${showDuration(Math.max(0, deadline - Date.now()))})`],
    ["Origin", [trial.enqueued ? "enqueued" : "", trial.imported ? "imported" : ""].filter(Boolean).join(", ")],
    ["Stop", trial.stopRequested && !hasEnded(trial) ? "requested; the worker learns of it at its next heartbeat" : ""],
    ["Sampled at revision", trial.sampledAtRevision > 0n ? String(trial.sampledAtRevision) : ""],
    ["Id", String(trial.id)],
  ];
  return <dl data-testid="facts">{facts.filter(([, value]) => value !== "").map(([name, value]) => <><dt>{name}</dt><dd>{value}</dd></>)}</dl>;
}

function pretty(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? value : JSON.stringify(value, null, 1);
  } catch {
    return json;
  }
}

function Attributes({ attributes }: { attributes: readonly Attribute[] }) {
  const [logs, others] = [attributes.filter((one) => LOG_KEYS.includes(one.key)), attributes.filter((one) => !LOG_KEYS.includes(one.key))];
  if (attributes.length === 0) return null;
  return (
    <section class="plot" data-testid="attributes">
      <figcaption><h2>Attributes</h2></figcaption>
      <dl>{others.map((one) => <><dt>{one.key}</dt><dd class="code">{one.key === "note" ? pretty(one.json) : one.json}</dd></>)}</dl>
      {logs.map((one) => <><h3>{one.key}</h3><pre data-testid="log" tabIndex={0}>{pretty(one.json)}</pre></>)}
    </section>
  );
}

function Outcome({ trial, names }: { trial: Trial; names: string[] }) {
  const failure = trial.failure;
  return (
    <section class="plot" data-testid="outcome">
      <figcaption><h2>Outcome</h2></figcaption>
      <dl>
        {trial.values.map((value, k) => <><dt>{names[k] ?? `value ${k}`}</dt><dd class="big" data-testid="value">{showNumber(value)}</dd></>)}
        {trial.constraints.map((one) => <><dt>{one.name}</dt><dd>{showNumber(one.value)}{one.value <= 0 ? "" : " (not feasible)"}</dd></>)}
        {trial.metrics.map((one) => <><dt>{one.name}</dt><dd>{showNumber(one.value)}</dd></>)}
        {failure !== undefined && <><dt>{(Failure_Kind[failure.kind] ?? "failed").toLowerCase()}</dt><dd data-testid="reason">{failure.reason}</dd></>}
      </dl>
      <Facts trial={trial} />
    </section>
  );
}

function Params({ trial }: { trial: Trial }) {
  return (
    <section class="plot" data-testid="params">
      <figcaption><h2>Parameters</h2></figcaption>
      {trial.params.length === 0 && <p class="note">None yet.</p>}
      <dl>
        {trial.params.map((param) => (
          <><dt>{param.name}</dt><dd data-testid="param" title={String(param.value?.kind.value)}>
            {param.value === undefined ? "" : choiceText(param.value)}{trial.fixedParams.includes(param.name) ? " (fixed)" : ""}</dd></>
        ))}
      </dl>
    </section>
  );
}

export function TrialParts({ trial, names, theme, file }: { trial: Trial; names: string[]; theme: string; file: string }) {
  return (
    <>
      <Params trial={trial} />
      <Outcome trial={trial} names={names} />
      <CurvePlot trial={trial} theme={theme} file={file} />
      <Attributes attributes={trial.userAttrs} />
    </>
  );
}
