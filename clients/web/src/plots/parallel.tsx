// Parallel coordinates: an axis for each parameter and one for the value, a line for each trial. Dragging along an axis brushes it;
// a click on it takes the brush away.
import { useMemo, useRef, useState } from "preact/hooks";
import { bestRow } from "../data/best.js";
import type { StudyData } from "../data/study_data.js";
import { paramAxis, shorten, ticksOf, tickTexts, valueAt, positions, type Axis } from "./axis.js";
import { Chart, type ChartSpec } from "./chart.js";
import { byRank } from "./color_scale.js";
import { valueAxis, logarithmic, type PlotProps } from "./context.js";
import { Select } from "./controls.js";
import { Figure } from "./figure.js";
import { jitter } from "./scatter.js";
import type { Pen, Positions } from "./pen.js";

const MOST_AXES = 14;
const NARROWEST = 55; // CSS pixels between two axes
const LETTER = 6.5; // CSS pixels of a tick's or label's letter, about
// More lines than this are drawn as a sample: the best tenth and evenly many of the rest.
const MOST_LINES = 20000;
// Of those that are selected no more than this are drawn, and fewer while the brush moves, so that it stays fluid.
const MOST_SELECTED = 5000;
const MOST_WHILE_MOVING = 400;
// From here on lines are set pixel by pixel.
const MANY_LINES = 400;

interface Line {
  axis: Axis;
  of(row: number): number;
}

function axesOf(study: StudyData, objective: number, rows: ArrayLike<number>, chosen: string[]): Line[] {
  const lines: Line[] = study.params.filter((param) => chosen.includes(param.name)).map((param) => ({
    axis: paramAxis(param, study.count),
    of: param.kind === "categorical" ? (row) => param.values.get(row) + jitter(row) * 0.6 : (row) => param.values.get(row),
  }));
  const column = study.values[objective];
  const { helps } = logarithmic(study, objective, rows);
  lines.push({ axis: valueAxis(study, objective, rows, helps), of: (row) => column.get(row) });
  return lines;
}

// The trials to draw, worst first, so that the best lie on top.
function order(study: StudyData, objective: number, rows: Int32Array): Int32Array {
  const column = study.values[objective];
  const sign = study.sign(objective);
  const sorted = rows.slice().sort((a, b) => column.get(b) * sign - column.get(a) * sign || a - b);
  if (sorted.length <= MOST_LINES) return sorted;
  const best = Math.min(sorted.length / 10, MOST_LINES / 2) | 0;
  const rest = sorted.length - best;
  const every = Math.ceil(rest / (MOST_LINES - best));
  return sorted.filter((_, k) => k >= rest || k % every === 0);
}

// One trial after the other, pixel by pixel.
function drawMany(pen: Pen, lines: Line[], rows: Int32Array, color: (row: number) => string): void {
  const xs = lines.map((_, k) => pen.at.x(k));
  const ys = lines.map((line) => positions(line.axis, pen.at.y(0), pen.at.y(1)));
  for (let n = 0; n < rows.length; ++n) {
    const row = rows[n];
    const wanted = pen.pixelOf(color(row));
    let before = NaN;
    for (let k = 0; k < lines.length; ++k) {
      const y = ys[k](lines[k].of(row));
      if (!Number.isNaN(y) && !Number.isNaN(before)) pen.segment(xs[k - 1], before, xs[k], y, wanted);
      else if (!Number.isNaN(y)) pen.segment(xs[k] - 3, y, xs[k], y, wanted);
      before = y;
    }
  }
}

// Those of the rows that are selected, if there are more than `most` every so many of them.
function thinned(rows: Int32Array, mask: Uint8Array, most: number): Int32Array {
  const selected = rows.filter((row) => mask[row] !== 0);
  if (selected.length <= most) return selected;
  const every = Math.ceil(selected.length / most);
  return selected.filter((_, k) => k % every === 0);
}

function drawLines(pen: Pen, lines: Line[], rows: Int32Array, color: (row: number) => string): void {
  const xs = lines.map((_, k) => pen.at.x(k));
  const ys = lines.map((line) => positions(line.axis, pen.at.y(0), pen.at.y(1)));
  const context = pen.context;
  context.globalAlpha = rows.length > 100 ? 0.5 : 0.75;
  context.lineWidth = 1.2 * pen.scale;
  // One path for each run of lines of one colour: the order is by value, so runs are long.
  let current = "";
  for (const row of rows) {
    const wanted = color(row);
    if (wanted !== current) {
      if (current !== "") context.stroke();
      context.strokeStyle = current = wanted;
      context.beginPath();
    }
    let drawing = false;
    lines.forEach((line, k) => {
      const y = ys[k](line.of(row));
      if (Number.isNaN(y)) drawing = false; // an inactive parameter interrupts the line
      else if (drawing) context.lineTo(xs[k], y);
      else {
        context.moveTo(xs[k] - 3, y);
        context.lineTo(xs[k], y);
        drawing = true;
      }
    });
  }
  if (current !== "") context.stroke();
  context.globalAlpha = 1;
}

function drawAxes(pen: Pen, lines: Line[], ranges: Map<string, [number, number]>): void {
  const { context, colors } = pen;
  const gap = (pen.at.x(1) - pen.at.x(0)) / pen.scale;
  const lettersIn = (room: number) => Math.max(3, Math.min(18, Math.floor(room / LETTER) - 1));
  const last = lines.length - 1;
  lines.forEach(({ axis }, k) => {
    const x = pen.at.x(k);
    const place = positions(axis, pen.at.y(0), pen.at.y(1));
    pen.line([[x, pen.at.y(0)], [x, pen.at.y(1)]], colors.faint, 1);
    const ticks = ticksOf(axis, axis.range[0], axis.range[1], pen.height / pen.scale, 44);
    const texts = tickTexts(axis, ticks);
    ticks.forEach((tick, n) => {
      const y = place(tick);
      const text = shorten(texts[n], Math.min(12, lettersIn(gap)));
      const wide = text.length * LETTER * pen.scale + 4;
      const way = x + 5 * pen.scale + wide > pen.width ? -1 : 1; // to which side of the axis
      context.globalAlpha = 0.75;
      context.fillStyle = colors.background;
      context.fillRect(way > 0 ? x + 3 * pen.scale : x - 3 * pen.scale - wide, y - 7 * pen.scale, wide, 14 * pen.scale);
      context.globalAlpha = 1;
      pen.text(text, x + way * 5 * pen.scale, y, colors.faint, way > 0 ? "left" : "right");
      pen.line([[x, y], [x + way * 4 * pen.scale, y]], colors.faint, 1);
    });
    const toBorder = (k === 0 ? x : k === last ? pen.width - x : Infinity) / pen.scale;
    const label = shorten(axis.label, lettersIn(gap / 2 + Math.min(gap / 2, toBorder)));
    const half = (label.length * LETTER * pen.scale) / 2 + 2;
    pen.text(label, Math.max(half, Math.min(pen.width - half, x)), 9 * pen.scale, colors.text, "center");
    const range = axis.key === undefined ? undefined : ranges.get(axis.key);
    if (range === undefined) return;
    const [y0, y1] = [place(range[1]), place(range[0])];
    context.globalAlpha = 0.25;
    context.fillStyle = colors.accent;
    context.fillRect(x - 7 * pen.scale, y0, 14 * pen.scale, y1 - y0);
    context.globalAlpha = 1;
    context.strokeStyle = colors.accent;
    context.lineWidth = pen.scale;
    context.strokeRect(x - 7 * pen.scale, y0, 14 * pen.scale, y1 - y0);
  });
}

// Where the pointer went down: on which axis, at which share of its height.
interface Drag {
  line: Line;
  from: number;
  moved: boolean;
}

function parallelSpec(props: PlotProps, objective: number, chosen: string[], drag: { current: Drag | undefined }): ChartSpec {
  const { study, brush } = props;
  const rows = study.drawable();
  const lines = axesOf(study, objective, rows, chosen);
  const drawn = order(study, objective, rows);
  const color = byRank(study, objective, rows);
  const share = (at: Positions, y: number) => Math.max(0, Math.min(1, (at.y(0) - y) / (at.y(0) - at.y(1))));
  return {
    x: { label: "", kind: "none", range: [-0.25, Math.max(0.5, lines.length - 0.55)] },
    y: { label: "", kind: "none", range: [-0.04, 1.12] },
    marks: drawn.length,
    draw(pen, mask) {
      const most = brush.moving && drawn.length > MOST_SELECTED ? MOST_WHILE_MOVING : MOST_SELECTED;
      const shown = mask === undefined ? drawn : thinned(drawn, mask, most);
      if (drawn.length > MANY_LINES && (brush.moving || shown.length > MANY_LINES)) drawMany(pen, lines, shown, color);
      else drawLines(pen, lines, shown, color);
    },
    over: (pen) => drawAxes(pen, lines, brush.ranges),
    pointer({ kind, x, y }, at) {
      if (kind === "down") {
        const nearest = lines.map((line, k) => ({ line, away: Math.abs(at.x(k) - x) })).sort((a, b) => a.away - b.away)[0];
        drag.current = nearest === undefined || nearest.away > 40 * devicePixelRatio ? undefined
          : { line: nearest.line, from: share(at, y), moved: false };
        return false;
      }
      const begun = drag.current;
      if (begun?.line.axis.key === undefined) return false;
      const to = share(at, y);
      if (Math.abs(to - begun.from) > 0.01) begun.moved = true;
      if (begun.moved) {
        const { axis } = begun.line;
        brush.set({ [begun.line.axis.key]: [valueAt(axis, Math.min(begun.from, to)), valueAt(axis, Math.max(begun.from, to))] });
      } else if (kind === "up") {
        brush.set({ [begun.line.axis.key]: undefined });
      }
      if (kind === "up") drag.current = undefined;
      return false;
    },
  };
}

export function Parallel(props: PlotProps & { important: string[] }) {
  const { study } = props;
  const [objective, setObjective] = useState(0);
  const drag = useRef<Drag>();
  const shown = Math.min(objective, study.objectives - 1);
  const names = study.params.map((param) => param.name);
  const most = Math.min(MOST_AXES, Math.max(3, Math.floor(innerWidth / NARROWEST) - 1));
  const chosen = names.length <= most ? names : names.filter((name) => props.important.slice(0, most).includes(name));
  const spec = useMemo(() => parallelSpec(props, shown, chosen, drag as { current: Drag | undefined }),
                       [study, props.version, shown, props.theme, chosen.join()]);
  const [total, best] = useMemo(() => [study.drawable().length, bestRow(study)], [study, props.version]);
  const notes = [
    spec.marks < total ? `${spec.marks} of ${total} lines are drawn: the best ones, and every so many of the rest` : "",
    chosen.length < names.length ? `the ${chosen.length} most important of ${names.length} parameters` : "",
  ].filter((note) => note !== "");
  function* csv() {
    yield ["trial", ...names, ...study.values.map((_, k) => study.objectiveName(k))];
    for (const row of study.drawable()) {
      yield [row, ...study.params.map((param) => param.show(param.values.get(row)) && exact(param, row)),
             ...study.values.map((column) => column.get(row))];
    }
  }
  return (
    <Figure id="parallel" title="Parallel coordinates" marks={spec.marks} file={study.name} csv={csv} wide note={notes.join("; ")}
      controls={study.objectives > 1 && <Select label="Objective" value={String(shown)} testId="parallel-objective"
        options={study.values.map((_, k) => ({ value: String(k), text: study.objectiveName(k) }))}
        onChange={(value) => setObjective(Number(value))} />}>
      <Chart study={study} brush={props.brush} spec={spec} height={340} theme={props.theme}
             label={`Parameters and values of ${spec.marks} trials${best === undefined ? "" : `; the best is trial ${best}`}`} />
    </Figure>
  );
}

function exact(param: StudyData["params"][number], row: number): string | number {
  const value = param.values.get(row);
  return param.kind === "categorical" ? param.show(value) : value;
}
