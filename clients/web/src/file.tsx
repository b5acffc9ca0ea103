// The study that `parzen plot` has put into this file (clients/cli/plot/page.cc): the live page's plots, without a server.
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { fromBinary } from "@bufbuild/protobuf";
import { Trial_State, TrialSchema } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { WatchedBytesSchema, type WatchedBytes } from "@parzen/client/gen/page_pb.js";
import { keepPathsInFile, showTime, trialPath } from "./data/format.js";
import { importancesFrom, NO_IMPORTANCES } from "./data/importances.js";
import { StudyData } from "./data/study_data.js";
import { StudyView, type Answers } from "./pages/study_view.js";
import { objectiveNames, TrialParts, useTrialKeys } from "./pages/trial_view.js";
import { NoteText } from "./ui/note_text.js";
import { navigate } from "./ui/router.js";
import { useTheme } from "./ui/theme.js";
import "./ui/styles.css";

interface Content {
  study: StudyData;
  answers: Answers;
  // Each a parzen.v1.Trial.
  trials: Map<number, Uint8Array>;
}

async function unpack(base64: string): Promise<WatchedBytes> {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return fromBinary(WatchedBytesSchema, new Uint8Array(await new Response(stream).arrayBuffer()));
}

function contentOf(message: WatchedBytes): Content {
  const study = new StudyData();
  const trials = new Map<number, Uint8Array>();
  if (message.study !== undefined) study.describe(message.study);
  for (const bytes of message.trials) trials.set(study.applyOne(bytes), bytes);
  learnDistributions(study, trials);
  const importances = message.importances === undefined ? NO_IMPORTANCES : importancesFrom(message.importances);
  return { study, answers: { importances: () => Promise.resolve(importances) }, trials };
}

// A define-by-run study's ranges and scales are in its trials' distributions.
function learnDistributions(study: StudyData, trials: Map<number, Uint8Array>): void {
  for (const bytes of trials.values()) {
    if (study.params.every((param) => param.declared)) return;
    for (const param of fromBinary(TrialSchema, bytes).params) {
      if (param.distribution !== undefined && !study.param(param.name).declared) study.learn(param.name, param.distribution);
    }
  }
}

function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash;
}

function TrialOfFile({ content, number, theme }: { content: Content; number: number; theme: string }) {
  const { study, trials } = content;
  const bytes = trials.get(number);
  const trial = useMemo(() => (bytes === undefined ? undefined : fromBinary(TrialSchema, bytes)), [bytes]);
  useTrialKeys(study.name, number, !trials.has(number + 1));
  if (trial === undefined || study.info === undefined) return <main><h1>There is no trial {number}</h1><p><a href="#">The study</a></p></main>;
  const state = (Trial_State[trial.state] ?? "").toLowerCase();
  return (
    <main data-testid="page-trial">
      <div class="head">
        <h1>Trial {number}</h1>
        <span class={`state ${state}`} data-testid="trial-state">{state}</span>
        <span class="acts">
          {number > 0 && <a href={trialPath(study.name, number - 1)} data-testid="previous">← {number - 1}</a>}
          {trials.has(number + 1) && <a href={trialPath(study.name, number + 1)} data-testid="next">{number + 1} →</a>}
        </span>
      </div>
      <NoteText attributes={trial.userAttrs} />
      <div class="plots"><TrialParts trial={trial} names={objectiveNames(study.info)} theme={theme} file={`${study.name}-${number}`} /></div>
    </main>
  );
}

function StudyOfFile({ content: { study, answers }, theme }: { content: Content; theme: string }) {
  return (
    <main data-testid="page-study" data-trials={study.seen}>
      <div class="head"><h1 data-testid="study-name">{study.name}</h1></div>
      <StudyView study={study} version={study.version} theme={theme} others={[]} answers={answers} open={(row) => navigate(trialPath(study.name, row))}>
        <NoteText attributes={study.info?.userAttrs ?? []} />
      </StudyView>
    </main>
  );
}

function File({ content, written }: { content: Content; written: number }) {
  const [theme, toggleTheme] = useTheme();
  const trial = /^#trial-(\d{1,15})$/.exec(useHash());
  return (
    <>
      <header>
        <nav aria-label="Where you are">
          <a href="#" class="brand" data-testid="home">{content.study.name}</a>
          {trial !== null && <><span aria-hidden="true">/</span><span>trial {trial[1]}</span></>}
        </nav>
        <span class="note" data-testid="written">{Number.isNaN(written) ? "" : `as of ${showTime(written)}`}</span>
        <button type="button" class="quiet" data-testid="theme" onClick={toggleTheme}
                aria-label={theme === "dark" ? "Light colours" : "Dark colours"}>{theme === "dark" ? "☀" : "☾"}</button>
      </header>
      {trial === null ? <StudyOfFile content={content} theme={theme} />
        : <TrialOfFile key={trial[1]} content={content} number={Number(trial[1])} theme={theme} />}
    </>
  );
}

async function main(): Promise<void> {
  const app = document.getElementById("app") as HTMLElement;
  const data = document.getElementById("study") as HTMLElement;
  keepPathsInFile();
  try {
    const content = contentOf(await unpack((data.textContent ?? "").trim()));
    data.remove();
    render(<File content={content} written={Number(data.dataset.written || NaN)} />, app);
  } catch (error) {
    app.textContent = `This file cannot be shown: ${String(error)}. It takes a browser of the last three years.`;
  }
}

void main();
