// One study: its plots, its trials and what may be done to it.
import { useEffect, useMemo, useState } from "preact/hooks";
import { NONE, rightsOn, type Rights } from "../api/rights.js";
import { api } from "../api/transport.js";
import { Enqueue } from "../acts/enqueue.js";
import { Note } from "../acts/note.js";
import { requestId } from "../acts/request.js";
import { StudyActs } from "../acts/study_acts.js";
import { trialPath } from "../data/format.js";
import { importancesFrom } from "../data/importances.js";
import { recommendedFrom } from "../data/recommended.js";
import type { StudyData } from "../data/study_data.js";
import { useStudies, useStudy } from "../ui/live.js";
import { navigate } from "../ui/router.js";
import { StudyView, type Answers } from "./study_view.js";

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

function answersOf(name: string): Answers {
  return {
    recommended: async () => recommendedFrom(await api.recommendTrials({ study: name, pageSize: 1 })),
    importances: async () => importancesFrom(await api.getImportances({ study: name })),
  };
}

// Each is a connection, of which browsers allow six to a server.
const MOST_COMPARED = 3;

// Which studies to compare is part of the address, so that a comparison can be sent to somebody.
function comparedFromAddress(name: string): string[] {
  const names = new Set(new URLSearchParams(location.search).getAll("compare"));
  names.delete(name);
  return [...names].slice(-MOST_COMPARED);
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
    onChange([...names, wanted].slice(-MOST_COMPARED));
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

export function StudyPage({ name, theme }: { name: string; theme: string }) {
  const live = useStudy(name);
  const { study, version } = live;
  const answers = useMemo(() => answersOf(name), [name]);
  const [compared, setCompared] = useState(() => comparedFromAddress(name));
  const others = useStudies(compared);
  const [error, setError] = useState("");
  const rights = useRights(study, study.info?.uid);
  const compare = (names: string[]) => {
    setCompared(names);
    const query = new URLSearchParams(names.map((other) => ["compare", other]));
    history.replaceState(null, "", location.pathname + (names.length > 0 ? `?${query}` : ""));
  };
  const open = (row: number) => navigate(trialPath(name, row));
  const info = study.info;
  return (
    <main data-testid="page-study" data-trials={study.seen} data-live={live.state}>
      <div class="head">
        <h1 class="lines" data-testid="study-name" title={name}>{name}</h1>
        <span class={`live ${live.state}`} data-testid="live" role="status">{
          { connecting: "connecting…", live: "live", waiting: `reconnecting: ${live.message}`, ended: live.message }[live.state]}</span>
      </div>
      {info !== undefined && (
        <StudyView study={study} version={version} theme={theme} open={open} others={others} answers={answers}>
          <div class="acts" data-testid="acts">
            {rights.administer && <StudyActs study={info} onError={setError} />}
            {rights.work && <Enqueue study={info} onError={setError} />}
            <Compare name={name} names={compared} onChange={compare} />
          </div>
          {error !== "" && <p class="error" role="alert" data-testid="error">{error}</p>}
          <Note attributes={info.userAttrs} editable={rights.administer} onError={setError} save={(json) => api.updateStudy({
            requestId: requestId(), study: { name, uid: info.uid, userAttrs: [{ key: "note", json }] }, updateMask: { paths: ["user_attrs"] } })} />
        </StudyView>
      )}
      {info === undefined && live.state === "ended" && <p class="error" role="alert" data-testid="error">{live.message}</p>}
    </main>
  );
}
