// Which worker ran which trial when. A worker that runs several at once has a lane for each.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { showDuration, showTime } from "../data/format.js";
import { ENDED_OR_RUNNING, MANY_TRIALS, State, STATE_NAMES, type StudyData } from "../data/study_data.js";
import { Chart, type ChartSpec } from "./chart.js";
import { describeTrial, type PlotProps } from "./context.js";
import { useKept, useSeen } from "../ui/seen.js";
import { Figure } from "./figure.js";
import { States } from "./legend.js";
import { palette } from "./palette.js";
import { shorten } from "./axis.js";

const MOST_WORKERS = 60;
const LANE = 21; // CSS pixels

interface Bar {
  row: number;
  worker: number;
  from: number;
  until: number;
  lane: number;
  // An attempt that was given up: the trial was handed out again.
  lost: boolean;
}

function barsOf(study: StudyData, now: number): Bar[] {
  const bars: Bar[] = [];
  for (let row = 0; row < study.count; ++row) {
    for (const attempt of study.earlier.get(row) ?? []) {
      bars.push({ row, worker: attempt.worker, from: attempt.started, until: attempt.ended, lane: 0, lost: true });
    }
    const from = study.started.get(row);
    if (Number.isNaN(from) || study.state.get(row) === State.waiting) continue;
    const finished = study.finished.get(row);
    bars.push({ row, worker: study.worker.get(row), from, until: Number.isNaN(finished) ? now : finished, lane: 0, lost: false });
  }
  return bars.sort((a, b) => a.from - b.from || a.row - b.row);
}

// Gives each bar the first lane of its worker that is free. Returns how many lanes there are, and the name of each.
function layOut(study: StudyData, bars: Bar[]): string[] {
  const ends = new Map<number, number[]>();
  for (const bar of bars) {
    const lanes = ends.get(bar.worker) ?? [];
    ends.set(bar.worker, lanes);
    let lane = lanes.findIndex((end) => end <= bar.from);
    if (lane < 0) lane = lanes.length;
    lanes[lane] = bar.until;
    bar.lane = lane;
  }
  const names: string[] = [];
  const first = new Map<number, number>();
  for (const [worker, lanes] of [...ends].slice(0, MOST_WORKERS)) {
    first.set(worker, names.length);
    lanes.slice(0, MOST_WORKERS).forEach((_, k) => names.push(k === 0 ? shorten(study.workers.words[worker] || "(no name)", 18) : ""));
  }
  const shown = names.slice(0, MOST_WORKERS * 2);
  // The first worker is at the top, where the axis is largest.
  for (const bar of bars) bar.lane = first.has(bar.worker) ? shown.length - 1 - (first.get(bar.worker) as number) - bar.lane : -1;
  return shown.reverse();
}

function timelineSpec(props: PlotProps, now: number): ChartSpec & { lanes: number; hiddenWorkers: number } {
  const { study } = props;
  const bars = barsOf(study, now);
  const names = layOut(study, bars);
  const shown = bars.filter((bar) => bar.lane >= 0 && bar.lane < names.length);
  const workers = new Set(bars.map((bar) => bar.worker)).size;
  const first = shown[0]?.from ?? now - 1000;
  const last = shown.reduce((latest, bar) => Math.max(latest, bar.until), first + 1000);
  const room = (last - first) * 0.02;
  return {
    lanes: names.length,
    hiddenWorkers: Math.max(0, workers - MOST_WORKERS),
    x: { label: "", kind: "time", range: [first - room, last + room], key: "started" },
    y: { label: "", kind: "choices", range: [-0.6, Math.max(1, names.length) - 0.4], choices: names },
    marks: shown.length,
    draw(pen, mask) {
      const colors = palette();
      const half = Math.min(6 * pen.scale, Math.abs(pen.at.y(1) - pen.at.y(0)) * 0.4);
      for (const bar of shown) {
        if (mask !== undefined && mask[bar.row] === 0) continue;
        const x = pen.at.x(bar.from);
        const width = Math.max(1.5 * pen.scale, pen.at.x(bar.until) - x - 0.5 * pen.scale);
        pen.context.globalAlpha = bar.lost ? 0.4 : 1;
        pen.context.fillStyle = bar.lost ? colors.states[1] : colors.states[study.state.get(bar.row)];
        pen.context.fillRect(x, pen.at.y(bar.lane) - half, width, half * 2);
      }
      pen.context.globalAlpha = 1;
    },
    hover(at, x, y) {
      const found = shown.find((bar) => Math.abs(at.y(bar.lane) - y) < 8 * devicePixelRatio && at.x(bar.from) - 2 <= x && x <= at.x(bar.until) + 2);
      return found?.row;
    },
    describe(row) {
      const attempts = study.attempt.get(row);
      const length = (Number.isNaN(study.finished.get(row)) ? now : study.finished.get(row)) - study.started.get(row);
      return `${describeTrial(study, row)}\n${study.workerName(row)}\n${showTime(study.started.get(row))}, ${showDuration(length)}` +
        (attempts > 0 ? `\nretry ${attempts}` : "");
    },
    open: props.open,
  };
}

export function Timeline(props: PlotProps) {
  const { study } = props;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 2000);
    return () => clearInterval(timer);
  }, []);
  const running = study.counted(State.running) > 0;
  const box = useRef<HTMLDivElement>(null);
  const seen = useSeen(box);
  const time = useKept(`${props.version}/${running ? now : 0}`, !seen && study.count > MANY_TRIALS);
  const spec = useMemo(() => timelineSpec(props, now), [study, time, props.theme]);
  if (spec.marks === 0) return null;
  function* csv() {
    yield ["trial", "retries", "worker", "state", "started", "finished"];
    for (let row = 0; row < study.count; ++row) {
      if (Number.isNaN(study.started.get(row))) continue;
      const time = (value: number) => (Number.isNaN(value) ? "" : new Date(value).toISOString());
      yield [row, study.attempt.get(row), study.workerName(row), STATE_NAMES[study.state.get(row)], time(study.started.get(row)),
             time(study.finished.get(row))];
    }
  }
  return (
    <Figure id="timeline" title="Timeline" marks={spec.marks} file={study.name} csv={csv} wide
            note={spec.hiddenWorkers > 0 ? `${spec.hiddenWorkers} more workers are not drawn` : ""}>
      <div ref={box}>
        <Chart study={study} brush={props.brush} spec={spec} height={Math.max(120, 70 + spec.lanes * LANE)} theme={props.theme}
               label={`${spec.marks} runs of trials by worker`} />
      </div>
      <ul class="legend">
        <States states={ENDED_OR_RUNNING} />
        <li><i style={{ background: palette().states[1], opacity: "0.4" }} />given up, run again</li>
      </ul>
    </Figure>
  );
}
