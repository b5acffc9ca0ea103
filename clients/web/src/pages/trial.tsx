// One trial: what it was given, what came of it, who ran it and when, and why its parameters were chosen.
import { useEffect, useMemo, useState } from "preact/hooks";
import { timestampMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import { Failure_Kind, Trial_State, type Attribute, type Trial } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { rightsOn, NONE } from "../api/rights.js";
import { api, messageOf } from "../api/transport.js";
import { Act } from "../acts/act.js";
import { Note } from "../acts/note.js";
import { requestId } from "../acts/request.js";
import { Brush } from "../data/brush.js";
import { showDuration, showNumber, showTime, trialPath } from "../data/format.js";
import { choiceText } from "../data/param_column.js";
import { StudyData } from "../data/study_data.js";
import { padded } from "../plots/axis.js";
import { Chart, type ChartSpec } from "../plots/chart.js";
import { Figure } from "../plots/figure.js";
import { navigate } from "../ui/router.js";
import { Explanation } from "./explanation.js";

const PERIOD = 1000; // ms between two looks at a trial that has not ended
const LOG_KEYS = ["log", "logs", "output", "stdout", "stderr", "parzen:log"];

function time(stamp: Timestamp | undefined): number {
  return stamp === undefined ? NaN : timestampMs(stamp);
}

function hasEnded(trial: Trial): boolean {
  return trial.state >= Trial_State.COMPLETE;
}

function useTrial(study: string, number: number): { trial: Trial | undefined; names: string[]; error: string; look(): Promise<void> } {
  const [trial, setTrial] = useState<Trial | undefined>(undefined);
  const [names, setNames] = useState<string[]>([]);
  const [error, setError] = useState("");
  const look = async () => {
    try {
      setTrial(await api.getTrial({ study, number: BigInt(number) }));
      setError("");
    } catch (failure) {
      setError(messageOf(failure));
    }
  };
  useEffect(() => {
    void look();
    api.getStudy({ study }).then((info) => setNames(info.directions.map((_, k) => info.metricNames[k] ?? (info.directions.length === 1 ? "value" : `value ${k}`))),
                                 () => {});
  }, [study, number]);
  const live = trial === undefined || !hasEnded(trial);
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => document.visibilityState === "visible" && void look(), PERIOD);
    return () => clearInterval(timer);
  }, [live, study, number]);
  return { trial, names, error, look };
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
      key: points.join(";"),
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

export function TrialPage({ name, number, theme }: { name: string; number: number; theme: string }) {
  const { trial, names, error, look } = useTrial(name, number);
  const [refused, setRefused] = useState("");
  const [rights, setRights] = useState(NONE);
  const uid = trial?.handle?.studyUid;
  useEffect(() => {
    if (uid !== undefined) void rightsOn(name).then(setRights);
  }, [name, uid]);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).closest("input, textarea, select") !== null) return;
      if (event.key === "[" && number > 0) navigate(trialPath(name, number - 1));
      if (event.key === "]") navigate(trialPath(name, number + 1));
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [name, number]);
  const state = (Trial_State[trial?.state ?? 0] ?? "").toLowerCase();
  return (
    <main data-testid="page-trial">
      <div class="head">
        <h1>Trial {number}</h1>
        {trial !== undefined && <span class={`state ${state}`} data-testid="trial-state">{state}</span>}
        <span class="acts">
          {number > 0 && <a href={trialPath(name, number - 1)} data-testid="previous" title="The trial before">← {number - 1}</a>}
          <a href={trialPath(name, number + 1)} data-testid="next" title="The trial after">{number + 1} →</a>
          {rights.work && trial?.state === Trial_State.RUNNING && !trial.stopRequested && (
            <Act text="Stop" testId="act-stop" onError={setRefused} sure={`Ask the worker of trial ${number} to stop?`} act={async () => {
              await api.stopTrial({ requestId: requestId(), trial: trial.handle });
              await look();
            }} />
          )}
        </span>
      </div>
      {(error !== "" || refused !== "") && <p class="error" role="alert" data-testid="error">{refused || error}</p>}
      {trial !== undefined && (
        <>
          <Note attributes={trial.userAttrs} editable={rights.work} onError={setRefused} save={async (json) => {
            await api.updateTrial({ requestId: requestId(), trial: trial.handle, userAttrs: [{ key: "note", json }] });
            await look();
          }} />
          <div class="plots">
            <Params trial={trial} />
            <Outcome trial={trial} names={names} />
            <CurvePlot trial={trial} theme={theme} file={`${name}-${number}`} />
            <Attributes attributes={trial.userAttrs} />
            <Explanation study={name} trial={trial} />
          </div>
        </>
      )}
    </main>
  );
}
