// Hooks that redraw a view as its study changes.
import { useEffect, useMemo, useState } from "preact/hooks";
import { api, messageOf } from "../api/transport.js";
import { Watch, type WatchState } from "../api/watch.js";
import { StudyData } from "../data/study_data.js";
import { trialsOf } from "../data/study_info.js";
import { coalesce } from "./coalesce.js";

export interface Live {
  study: StudyData;
  version: number;
  state: WatchState;
  message: string;
}

const LATEST = 1500; // ms that a redraw is put off at most

// While a long history is being read, a redraw for each of its batches would take longer than the reading: then one is due whenever
// half as many trials again have come.
function isDue(study: StudyData, drawn: number): boolean {
  if (study.info?.counts === undefined) return true;
  const total = trialsOf(study.info);
  return study.seen >= total * 0.99 || study.seen >= drawn * 1.5;
}

// Drawing 100,000 trials takes a while: what is told meanwhile is drawn at most so often, in ms, which is still within a second.
function interval(study: StudyData, drawn: number): number {
  if (drawn < 5000 || study.seen > drawn * 1.2) return 16;
  return study.seen < 50_000 ? 400 : 800;
}

export function useStudy(name: string): Live {
  const study = useMemo(() => new StudyData(), [name]);
  const [shown, setShown] = useState({ version: 0, state: "connecting" as WatchState, message: "" });
  useEffect(() => {
    let latest = { state: "connecting" as WatchState, message: "" };
    let drawn = 0;
    let later: ReturnType<typeof setTimeout> | undefined;
    const drawing = coalesce(() => {
      clearTimeout(later);
      later = undefined;
      drawn = study.seen;
      setShown({ version: study.version, ...latest });
    }, () => interval(study, drawn));
    const watch = new Watch(name, study, {
      changed() {
        if (!isDue(study, drawn)) {
          later ??= setTimeout(() => drawing.request(), LATEST);
          return;
        }
        void learnNewParams(name, study).then((learnt) => learnt && drawing.request());
        drawing.request();
      },
      state(state, message) {
        if (state === "connecting" && latest.state === "waiting") return;
        const same = latest.state === state && latest.message === message;
        latest = { state, message };
        if (!same) drawing.request();
      },
    });
    return () => {
      watch.close();
      drawing.cancel();
      clearTimeout(later);
    };
  }, [study]);
  return { study, ...shown };
}

// Several studies beside the one that is shown.
export function useStudies(names: string[]): StudyData[] {
  const [studies, setStudies] = useState<StudyData[]>([]);
  const key = names.join("\n");
  useEffect(() => {
    const made = names.map(() => new StudyData());
    const drawing = coalesce(() => setStudies(made.filter((study) => study.info !== undefined)));
    const watches = made.map((study, k) => new Watch(names[k], study, { changed: () => drawing.request(), state: () => {} }));
    return () => {
      watches.forEach((watch) => watch.close());
      drawing.cancel();
      setStudies([]);
    };
  }, [key]);
  return studies;
}

const asked = new WeakMap<StudyData, Set<string>>();

// A define-by-run study's ranges and scales are in its trials' distributions, of which one is fetched for each new parameter.
async function learnNewParams(name: string, study: StudyData): Promise<boolean> {
  const known = asked.get(study) ?? new Set<string>();
  asked.set(study, known);
  const unknown = study.params.filter((param) => !param.declared && !known.has(param.name));
  for (const param of unknown) known.add(param.name);
  let learnt = false;
  for (const param of unknown) {
    if (param.declared) continue;
    let row = 0;
    while (row < study.count && Number.isNaN(param.values.get(row))) ++row;
    if (row === study.count) continue;
    try {
      const trial = await api.getTrial({ study: name, number: BigInt(row) });
      for (const one of trial.params) if (one.distribution !== undefined) study.learn(one.name, one.distribution);
      learnt = true;
    } catch (error) {
      console.warn(`the distribution of ${param.name} is not known: ${messageOf(error)}`);
    }
  }
  return learnt;
}
