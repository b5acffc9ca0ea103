// One trial: what it was given, what came of it, who ran it and when, and why its parameters were chosen.
import { useEffect, useState } from "preact/hooks";
import { Trial_State, type Trial } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { rightsOn, NONE } from "../api/rights.js";
import { api, messageOf } from "../api/transport.js";
import { Act } from "../acts/act.js";
import { Note } from "../acts/note.js";
import { requestId } from "../acts/request.js";
import { trialPath } from "../data/format.js";
import { trialsOf } from "../data/study_info.js";
import { Explanation } from "./explanation.js";
import { hasEnded, objectiveNames, TrialParts, useTrialKeys } from "./trial_view.js";

const PERIOD = 1000; // ms between two looks at a trial that has not ended

interface Looked {
  trial: Trial | undefined;
  names: string[];
  // There is no later one, as far as is known.
  last: boolean;
  error: string;
  look(): Promise<void>;
}

function useTrial(study: string, number: number): Looked {
  const [trial, setTrial] = useState<Trial | undefined>(undefined);
  const [{ names, trials }, setStudy] = useState<{ names: string[]; trials?: number }>({ names: [] });
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
  }, [study, number]);
  // As long as this is the last one, others may come.
  const hasNext = trials !== undefined && number + 1 < trials;
  useEffect(() => {
    if (hasNext) return;
    const ask = () => api.getStudy({ study }).then((info) => setStudy({ names: objectiveNames(info), trials: trialsOf(info) }), () => {});
    void ask();
    const timer = setInterval(() => document.visibilityState === "visible" && void ask(), PERIOD);
    return () => clearInterval(timer);
  }, [hasNext, study, number]);
  const live = trial === undefined || !hasEnded(trial);
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => document.visibilityState === "visible" && void look(), PERIOD);
    return () => clearInterval(timer);
  }, [live, study, number]);
  return { trial, names, last: trials !== undefined && !hasNext, error, look };
}

export function TrialPage({ name, number, theme }: { name: string; number: number; theme: string }) {
  const { trial, names, last, error, look } = useTrial(name, number);
  const [refused, setRefused] = useState("");
  const [rights, setRights] = useState(NONE);
  const uid = trial?.handle?.studyUid;
  useEffect(() => {
    if (uid !== undefined) void rightsOn(name).then(setRights);
  }, [name, uid]);
  useTrialKeys(name, number, last);
  const state = (Trial_State[trial?.state ?? 0] ?? "").toLowerCase();
  return (
    <main data-testid="page-trial">
      <div class="head">
        <h1>Trial {number}</h1>
        {trial !== undefined && <span class={`state ${state}`} data-testid="trial-state">{state}</span>}
        <span class="acts">
          {number > 0 && <a href={trialPath(name, number - 1)} data-testid="previous" title="The trial before">← {number - 1}</a>}
          {!last && (
            <a href={trialPath(name, number + 1)} data-testid="next" title="The trial after">{number + 1} →</a>
          )}
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
            <TrialParts trial={trial} names={names} theme={theme} file={`${name}-${number}`} />
            <Explanation study={name} trial={trial} />
          </div>
        </>
      )}
    </main>
  );
}
