// One study: its plots, its trials and what may be done to it.
import { useEffect, useMemo, useState } from "preact/hooks";
import { NONE, rightsOn, type Rights } from "../api/rights.js";
import { api } from "../api/transport.js";
import { FULL_TRIALS } from "../api/watch.js";
import { Enqueue } from "../acts/enqueue.js";
import { Note } from "../acts/note.js";
import { requestId } from "../acts/request.js";
import { StudyActs } from "../acts/study_acts.js";
import { bestRow } from "../data/best.js";
import { Brush } from "../data/brush.js";
import { showNumber, showTime, trialPath } from "../data/format.js";
import { importances } from "../data/importances.js";
import type { StudyData } from "../data/study_data.js";
import { Contour } from "../plots/contour.js";
import { Curves } from "../plots/curves.js";
import { History } from "../plots/history.js";
import { Importances } from "../plots/importances.js";
import { Parallel } from "../plots/parallel.js";
import { Pareto } from "../plots/pareto.js";
import { Slices } from "../plots/slices.js";
import { Timeline } from "../plots/timeline.js";
import { Table } from "../table/table.js";
import { useBrushVersion, useStudies, useStudy } from "../ui/live.js";
import { navigate } from "../ui/router.js";
import { Definition } from "./definition.js";
import { ended, stateName } from "./studies.js";

export function useRights(study: StudyData, uid: bigint | undefined): Rights {
  const [rights, setRights] = useState(NONE);
  useEffect(() => {
    let current = true;
    if (uid !== undefined) void rightsOn(study.name).then((found) => current && setRights(found));
    return () => {
      current = false;
    };
  }, [study, uid]);
  return rights;
}

// Which studies to compare is part of the address, so that a comparison can be sent to somebody.
function comparedFromAddress(): string[] {
  return new URLSearchParams(location.search).getAll("compare");
}

function Compare({ name, names, onChange }: { name: string; names: string[]; onChange(names: string[]): void }) {
  const [text, setText] = useState("");
  const [known, setKnown] = useState<string[]>([]);
  const [error, setError] = useState("");
  const look = async () => {
    try {
      const page = await api.listStudies({ pageSize: 1000 });
      setKnown(page.studies.map((study) => study.name).filter((other) => other !== name && !names.includes(other)));
    } catch {
      // Without suggestions a name can still be entered.
    }
  };
  const add = async () => {
    const wanted = text.trim();
    if (wanted === "" || wanted === name || names.includes(wanted)) return;
    try {
      await api.getStudy({ study: wanted });
    } catch {
      setError(`There is no study "${wanted}".`);
      return;
    }
    setError("");
    setText("");
    onChange([...names, wanted].slice(-3));
  };
  return (
    <form class="compare" onSubmit={(event) => { event.preventDefault(); void add(); }}>
      <input data-testid="compare" list="compare-names" placeholder="Compare with…" aria-label="Compare with another study" value={text}
             onFocus={() => void look()} onInput={(event) => setText(event.currentTarget.value)} />
      <datalist id="compare-names">{known.map((other) => <option key={other} value={other} />)}</datalist>
      {names.map((other) => (
        <button key={other} type="button" class="chip" data-testid="compared" aria-label={`No longer compare with ${other}`}
                onClick={() => onChange(names.filter((kept) => kept !== other))}>{other} ×</button>
      ))}
      {error !== "" && <span class="error" role="alert">{error}</span>}
    </form>
  );
}

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

function Summary({ study }: { study: StudyData }) {
  const info = study.info;
  if (info === undefined) return null;
  const counts = info.counts;
  const row = study.objectives === 1 ? bestRow(study) : undefined;
  return (
    <p class="summary" data-testid="summary">
      <span class={`state ${stateName(info)}`} data-testid="study-state">{stateName(info)}</span>
      <span><strong data-testid="ended">{ended(info)}</strong>{info.maxTrials === undefined ? "" : ` of ${info.maxTrials}`} ended</span>
      <span>{String(counts?.running ?? 0n)} running</span>
      <span>{String(counts?.waiting ?? 0n)} waiting</span>
      {(counts?.pruned ?? 0n) > 0n && <span>{String(counts?.pruned)} pruned</span>}
      {(counts?.failed ?? 0n) > 0n && <span>{String(counts?.failed)} failed</span>}
      {row !== undefined && (
        <span>best <a href={trialPath(study.name, row)} data-testid="best">{showNumber(study.values[0].get(row))}</a> (trial {row})</span>
      )}
    </p>
  );
}

export function StudyPage({ name, theme }: { name: string; theme: string }) {
  const live = useStudy(name);
  const { study, version } = live;
  const brush = useMemo(() => new Brush(), [study]);
  const [compared, setCompared] = useState(comparedFromAddress());
  const others = useStudies(compared);
  const [error, setError] = useState("");
  const rights = useRights(study, study.info?.uid);
  const shares = useMemo(() => importances(study), [study, version]);
  const important = shares.map((bar) => bar.name);
  const compare = (names: string[]) => {
    setCompared(names);
    const query = new URLSearchParams(names.map((other) => ["compare", other]));
    history.replaceState(null, "", location.pathname + (names.length > 0 ? `?${query}` : ""));
  };
  const open = (row: number) => navigate(trialPath(name, row));
  useEffect(() => {
    const key = (event: KeyboardEvent) => event.key === "Escape" && brush.active && brush.clear();
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [brush]);

  const info = study.info;
  const plots = { study, brush, version, theme, open };
  return (
    <main data-testid="page-study" data-trials={study.seen} data-live={live.state}>
      <div class="head">
        <h1 data-testid="study-name">{name}</h1>
        <span class={`live ${live.state}`} data-testid="live" role="status">{
          { connecting: "connecting…", live: "live", waiting: `reconnecting: ${live.message}`, ended: live.message }[live.state]}</span>
      </div>
      {info !== undefined && (
        <>
          <Summary study={study} />
          <div class="acts" data-testid="acts">
            {rights.administer && <StudyActs study={info} onError={setError} />}
            {rights.work && <Enqueue study={info} onError={setError} />}
            <Compare name={name} names={compared} onChange={compare} />
          </div>
          {error !== "" && <p class="error" role="alert" data-testid="error">{error}</p>}
          <Note attributes={info.userAttrs} editable={rights.administer} onError={setError} save={(json) => api.updateStudy({
            requestId: requestId(), study: { name, uid: info.uid, userAttrs: [{ key: "note", json }] }, updateMask: { paths: ["user_attrs"] } })} />
          <BrushBar study={study} brush={brush} />
          <div class="plots">
            <History {...plots} others={others} />
            {study.objectives > 1 && <Pareto {...plots} />}
            <Curves {...plots} note={study.count > FULL_TRIALS ? `drawn up to ${FULL_TRIALS} trials` : ""} />
            <Parallel {...plots} important={important} />
            <Slices {...plots} important={important} />
            <Contour {...plots} important={important} />
            <Importances file={name} shares={shares} trials={study.count} theme={theme} />
            <Timeline {...plots} />
            <Table study={study} brush={brush} version={version} open={open} />
            <Definition study={info} />
          </div>
        </>
      )}
      {info === undefined && live.state === "ended" && <p class="error" role="alert" data-testid="error">{live.message}</p>}
    </main>
  );
}
