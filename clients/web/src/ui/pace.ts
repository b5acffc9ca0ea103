// When the plots of a study are made anew. The history of a small study is with each change, and the plots below it once that is on the
// screen, at most every LOOK. A large one's follow the trials on the axes that they have (ChartSpec.follow), and are made anew when these
// no longer fit, when enough trials have come, or when no more come.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Brush } from "../data/brush.js";
import { MANY_TRIALS, type StudyData } from "../data/study_data.js";
import { trialsOf } from "../data/study_info.js";

export interface Pace {
  // The study's version that the history shows: it comes first.
  history: number;
  // The version that all the other plots show; 0: none yet.
  rest: number;
}

const GROWTH = 1.01; // from here on the axes, which have more room than that, may no longer fit
const QUIET = 2000; // ms
const LOOK = 250; // ms

class Pacing {
  readonly pace: Pace = { history: 0, rest: 0 };
  private seen = 0;
  private shape = -1;
  private version = -1;
  private changedAt = 0;

  constructor(private readonly study: StudyData, private readonly brush: Brush) {}

  // Returns whether there is more to do later.
  look(version: number): boolean {
    const { study, pace } = this;
    if (version !== this.version) this.changedAt = performance.now();
    this.version = version;
    if (pace.history !== version && this.isDue()) {
      pace.history = version;
      this.seen = study.seen;
      this.shape = study.shape;
    }
    return pace.rest !== pace.history || this.isBehind();
  }

  // The plots below the history, once that has been drawn. While a long history is being read they are made but once.
  lookAtRest(): boolean {
    const { pace } = this;
    if (pace.rest === pace.history || (pace.rest !== 0 && this.isLoading()) || this.brush.moving) return false;
    pace.rest = pace.history;
    return true;
  }

  // Whether the study has changed since the history was made.
  isBehind(): boolean {
    return this.pace.history !== this.version;
  }

  private isLoading(): boolean {
    const { info, seen } = this.study;
    return info?.counts !== undefined && seen < trialsOf(info) * 0.99;
  }

  private isDue(): boolean {
    const { study } = this;
    if (study.count <= MANY_TRIALS || this.isLoading()) return true;
    if (this.brush.moving) return false;
    return study.shape !== this.shape || study.seen >= this.seen * GROWTH || performance.now() - this.changedAt > QUIET;
  }
}

export function usePace(study: StudyData, version: number, brush: Brush): Pace {
  const kept = useRef<{ study: StudyData; pacing: Pacing }>();
  if (kept.current?.study !== study) kept.current = { study, pacing: new Pacing(study, brush) };
  const { pacing } = kept.current;
  const [, again] = useState(0);
  const more = pacing.look(version);
  useEffect(() => {
    if (!more) return;
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      if (pacing.lookAtRest() || pacing.isBehind()) again((count) => count + 1);
      timer = setTimeout(look, LOOK);
    };
    // The history is on the screen after the next frame.
    const frame = requestAnimationFrame(() => (timer = setTimeout(look, 0)));
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [more, pacing]);
  return { ...pacing.pace };
}
