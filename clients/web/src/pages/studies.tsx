// All studies: state, progress, best value, rate and how the best developed; kept up to date.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Study_State, type Study } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { api, messageOf } from "../api/transport.js";
import { showNumber, showTime, studyPath } from "../data/format.js";
import { ended, stateName } from "../data/study_info.js";
import { Summary } from "../data/summary.js";
import { Sparkline } from "./sparkline.js";

const PERIOD = 400; // ms between two looks
const FIRST = 200; // studies shown before more are asked for

function Progress({ study }: { study: Study }) {
  const done = ended(study);
  const running = Number(study.counts?.running ?? 0n);
  const limit = study.maxTrials === undefined ? undefined : Number(study.maxTrials);
  const text = limit === undefined ? String(done) : `${done}/${limit}`;
  return (
    <span class="progress">
      {limit !== undefined && <progress max={Math.max(limit, 1)} value={Math.min(done, limit)} aria-label={`${text} trials have ended`} />}
      <span data-testid="study-progress">{text}</span>
      {running > 0 && <span class="note wideonly">{running} running</span>}
    </span>
  );
}

function Row({ study, summary }: { study: Study; summary: Summary | undefined }) {
  const best = summary?.best.at(-1);
  const rate = summary?.rate() ?? 0;
  return (
    <tr data-testid="study-row" data-study={study.name}>
      <td class="name"><a href={studyPath(study.name)} title={study.name}>{study.name}</a></td>
      <td><span class={`state ${stateName(study)}`} data-testid="study-state">{stateName(study)}</span></td>
      <td><Progress study={study} /></td>
      <td class="number" data-testid="study-best">
        {study.directions.length > 1 ? <span class="note">{study.directions.length}<span class="wideonly"> objectives</span></span> : best === undefined ? "–" : showNumber(best)}
      </td>
      <td class="number wideonly" data-testid="study-rate">{rate > 0 ? `${showNumber(Number(rate.toPrecision(2)))}/min` : "–"}</td>
      <td class="wideonly"><Sparkline values={summary?.best ?? []} label={`Best so far of ${study.name}`} /></td>
      <td class="wideonly">{showTime(Number(study.createTime?.seconds ?? NaN) * 1000)}</td>
    </tr>
  );
}

// Follows the list, a page of at most 1,000 a look.
function useStudyList(prefix: string, most: number): { studies: Study[]; more: boolean; error: string; loaded: boolean } {
  const [list, setList] = useState({ studies: [] as Study[], more: false, error: "", loaded: false });
  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      try {
        if (document.visibilityState === "visible") {
          const page = await api.listStudies({ pageSize: most, namePrefix: prefix });
          if (!stopped) setList({ studies: page.studies, more: page.nextPageToken !== "", error: "", loaded: true });
        }
      } catch (error) {
        if (!stopped) setList((before) => ({ ...before, error: messageOf(error), loaded: true }));
      }
      if (!stopped) timer = setTimeout(() => void look(), PERIOD);
    };
    void look();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [prefix, most]);
  return list;
}

const ACTIVE_FIRST = [Study_State.ACTIVE, Study_State.PAUSED, Study_State.FINISHED];

export function StudiesPage() {
  const [search, setSearch] = useState("");
  const [most, setMost] = useState(FIRST);
  // A list that is cut off is searched by the server, by prefix; a whole one here, anywhere in the name.
  const [prefix, setPrefix] = useState("");
  const { studies, more, error, loaded } = useStudyList(prefix, most);
  const summaries = useRef(new Map<string, Summary>());
  const [, redraw] = useState(0);

  useEffect(() => {
    if (more && search !== prefix) setPrefix(search);
    if (search === "" && prefix !== "") setPrefix("");
  }, [search, more]);

  useEffect(() => {
    void (async () => {
      let changed = false;
      for (const study of studies) {
        let summary = summaries.current.get(study.name);
        if (summary?.uid !== study.uid) summaries.current.set(study.name, (summary = new Summary(study.uid)));
        try {
          changed = (await summary.update(study)) || changed;
        } catch {
          // Shown by the list itself, if it lasts.
        }
      }
      if (changed) redraw((count) => count + 1);
    })();
  }, [studies]);

  const shown = useMemo(() => {
    const lower = search.toLowerCase();
    return studies.filter((study) => study.name.toLowerCase().includes(lower))
      .sort((a, b) => ACTIVE_FIRST.indexOf(a.state) - ACTIVE_FIRST.indexOf(b.state));
  }, [studies, search]);

  return (
    <main data-testid="page-studies">
      <div class="head">
        <h1>Studies</h1>
        <input type="search" data-testid="study-search" placeholder="Search" aria-label="Search studies" value={search}
               onInput={(event) => setSearch(event.currentTarget.value)} />
        <span class="note" data-testid="study-count">{shown.length}{more ? "+" : ""}</span>
      </div>
      {error !== "" && <p class="error" role="alert" data-testid="error">{error}</p>}
      {loaded && error === "" && shown.length === 0 && (
        <p class="note" data-testid="no-studies">{search === "" ? "No studies yet: a client creates them, or parzen study create." : "No study matches."}</p>
      )}
      {shown.length > 0 && (
        <div class="tablebox" tabIndex={0} role="region" aria-label="Studies">
          <table class="studies">
            <thead>
              <tr><th>Study</th><th>State</th><th>Trials</th><th class="number">Best</th><th class="number wideonly">Rate</th><th class="wideonly">Best so far</th>
                <th class="wideonly">Created</th></tr>
            </thead>
            <tbody>{shown.map((study) => <Row key={study.name} study={study} summary={summaries.current.get(study.name)} />)}</tbody>
          </table>
        </div>
      )}
      {more && most < 1000 && <button type="button" data-testid="more-studies" onClick={() => setMost(1000)}>More</button>}
    </main>
  );
}
