// All that is shown of a study: its plots and its trials. Where it comes from, and what may be done to it, is said around it.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { bestRow } from "../data/best.js";
import { Brush } from "../data/brush.js";
import { showNumber, showTime, trialPath } from "../data/format.js";
import { NO_IMPORTANCES, type Importances as Shares } from "../data/importances.js";
import type { Recommended } from "../data/recommended.js";
import { FULL_TRIALS, State, type StudyData } from "../data/study_data.js";
import { stateName } from "../data/study_info.js";
import { Contour } from "../plots/contour.js";
import { Curves } from "../plots/curves.js";
import { History } from "../plots/history.js";
import { Importances } from "../plots/importances.js";
import { Parallel } from "../plots/parallel.js";
import { Pareto } from "../plots/pareto.js";
import { Slices } from "../plots/slices.js";
import { Timeline } from "../plots/timeline.js";
import { Table } from "../table/table.js";
import { useAsked } from "../ui/asked.js";
import { useBrushVersion } from "../ui/brush_version.js";
import { usePace } from "../ui/pace.js";
import { Definition } from "./definition.js";

function BrushBar({ study, brush }: { study: StudyData; brush: Brush }) {
  useBrushVersion(brush);
  if (!brush.active) return null;
  const nameOf = (key: string) => (key.startsWith("param:") ? key.slice(6)
    : key.startsWith("value:") ? study.objectiveName(Number(key.slice(6))) : key === "number" ? "trial" : key);
  const show = (key: string, value: number) => (key === "started" ? showTime(value) : showNumber(Number(value.toPrecision(4))));
  const rangeOf = (key: string, [low, high]: [number, number]) => {
    const param = study.params.find((candidate) => `param:${candidate.name}` === key);
    if (param?.kind !== "categorical") return `${show(key, low)} to ${show(key, high)}`;
    return param.choices.filter((_, k) => k >= low - 0.3 && k <= high + 0.3).join(", ");
  };
  return (
    <div class="brushbar" data-testid="brush" role="status">
      <strong data-testid="brush-count">{brush.count(study)}</strong> trials selected
      {[...brush.ranges].map(([key, range]) => (
        <button key={key} type="button" class="chip" data-testid="brush-range" onClick={() => brush.set({ [key]: undefined })}>
          {nameOf(key)}: {rangeOf(key, range)} ×
        </button>
      ))}
      <button type="button" class="quiet" data-testid="brush-clear" onClick={() => brush.clear()}>Clear (Esc)</button>
    </div>
  );
}

function Summary({ study, recommended }: { study: StudyData; recommended: Recommended | undefined }) {
  const info = study.info;
  if (info === undefined) return null;
  const [running, waiting, pruned, failed] = [State.running, State.waiting, State.pruned, State.failed].map((state) => study.counted(state));
  const row = study.objectives === 1 ? bestRow(study) : undefined;
  return (
    <p class="summary" data-testid="summary">
      <span class={`state ${stateName(info)}`} data-testid="study-state">{stateName(info)}</span>
      <span><strong data-testid="ended">{study.counted(State.complete) + pruned + failed}</strong>{info.maxTrials === undefined ? "" : ` of ${info.maxTrials}`} ended</span>
      <span>{running} running</span>
      <span>{waiting} waiting</span>
      {pruned > 0 && <span>{pruned} pruned</span>}
      {failed > 0 && <span>{failed} failed</span>}
      {row !== undefined && (
        <span>best <a href={trialPath(study.name, row)} data-testid="best">{showNumber(study.values[0].get(row))}</a> (trial {row})</span>
      )}
      {recommended !== undefined && (
        <span title="What a model of all trials expects without the noise of a run: the trial to trust.">
          expected best <a href={trialPath(study.name, recommended.row)} data-testid="recommended">{showNumber(Number(recommended.mean.toPrecision(4)))}</a>
          {" "}± {showNumber(Number(recommended.deviation.toPrecision(2)))} (trial {recommended.row})
        </span>
      )}
    </p>
  );
}

// What is computed elsewhere.
export interface Answers {
  // Of one objective.
  recommended?(): Promise<Recommended | undefined>;
  importances(): Promise<Shares>;
}

interface Props {
  study: StudyData;
  // study.version: tells Preact that the same object has changed.
  version: number;
  theme: string;
  open(row: number): void;
  others: StudyData[];
  // The same object as long as the study is the same.
  answers: Answers;
  // Between the summary and the plots.
  children?: ComponentChildren;
}

export function StudyView({ study, version, theme, open, others, answers, children }: Props) {
  const brush = useMemo(() => new Brush(), [study]);
  const pace = usePace(study, version, brush);
  // Changes with each trial that is told; 1: there is none that can be drawn.
  const told = pace.rest === 0 ? 0 : 1 + study.drawable().length;
  const shares = useAsked(answers.importances, told, NO_IMPORTANCES);
  // No trial can be recommended before one is feasible.
  const trusted = useAsked(answers.recommended, study.objectives === 1 && told > 0 && bestRow(study) !== undefined ? told : 0, undefined);
  // In the space's order until that is answered.
  const important = shares.shares.length > 0 ? shares.shares.map((bar) => bar.name) : study.params.map((param) => param.name);
  useEffect(() => {
    const key = (event: KeyboardEvent) => event.key === "Escape" && brush.active && brush.clear();
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [brush]);

  const info = study.info;
  if (info === undefined) return null;
  const plots = { study, brush, version: pace.rest, theme, open };
  return (
    <>
      <Summary study={study} recommended={trusted} />
      {children}
      <BrushBar study={study} brush={brush} />
      <div class="plots">
        <History {...plots} version={pace.history} others={others} />
        {pace.rest > 0 && (
          <>
            {study.objectives > 1 && told > 1 && <Pareto {...plots} />}
            <Curves {...plots} note={study.count > FULL_TRIALS ? `drawn up to ${FULL_TRIALS} trials` : ""} />
            {told > 1 && (
              <>
                <Parallel {...plots} important={important} />
                <Slices {...plots} important={important} />
                <Contour {...plots} important={important} />
                <Importances file={study.name} data={shares} theme={theme} />
              </>
            )}
            <Timeline {...plots} />
            <Table study={study} brush={brush} version={version} open={open} />
            <Definition study={info} />
          </>
        )}
      </div>
    </>
  );
}
