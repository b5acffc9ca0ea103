// The frame that all plots share: axes, cursor and brush are uPlot's; the marks inside are the plot's own.
import { useContext, useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { BRUSH_RESTS, type Brush } from "../data/brush.js";
import { showTime } from "../data/format.js";
import type { StudyData } from "../data/study_data.js";
import { palette } from "./palette.js";
import { choiceLetters, LETTER, positions, shorten, ticksOf, tickTexts, valueAt, type Axis } from "./axis.js";
import { FigureParts } from "./parts.js";
import { MANY_DOTS, Pen, type Frame, type Positions } from "./pen.js";

export interface ChartSpec {
  x: Axis;
  y: Axis;
  // How many marks are drawn.
  readonly marks: number;
  // Takes in the trials that have changed since the plot was made: more marks, on the same axes. A large study's plots are made anew
  // more rarely than that.
  follow?(): void;
  // Draws the marks from one on; with a mask, those of the selected rows only.
  draw(pen: Pen, mask: Uint8Array | undefined, from: number): void;
  // The marks have other places now, though the axes are the same.
  moved?(): void;
  // Drawn over everything else, never dimmed.
  over?(pen: Pen): void;
  // The row whose mark is nearest to a pixel, if it is near enough.
  hover?(at: Positions, x: number, y: number): number | undefined;
  // What to say about it.
  describe?(row: number): string;
  open?(row: number): void;
  // Takes the pointer, in pixels of the picture, instead of brushing rectangles; true if the plot is to be drawn anew.
  pointer?(event: { kind: "down" | "move" | "up"; x: number; y: number; dx: number; dy: number }, at: Positions): boolean;
}

interface Props {
  study: StudyData;
  brush: Brush;
  spec: ChartSpec;
  height: number;
  theme: string;
  label: string;
}

// The time of day; the date below the first tick and wherever it changes.
function timeText(exact: number, index: number, ticks: number[]): string {
  const spacing = ticks.length > 1 ? ticks[1] - ticks[0] : 60_000;
  const tick = Math.round(exact);
  const [date, time] = showTime(tick).split(" ");
  const before = index === 0 ? "" : showTime(Math.round(ticks[index - 1])).split(" ")[0];
  const fraction = spacing < 999 ? `.${String(((tick % 1000) + 1000) % 1000).padStart(3, "0")}` : "";
  return `${spacing < 59_999 ? time + fraction : time.slice(0, 5)}${date === before ? "" : `\n${date}`}`;
}

class Drawing {
  readonly plot: uPlot;
  spec: ChartSpec;
  // What is seen inside the axes: a canvas of its own, so that brushing does not draw axes and texts again.
  private readonly shown = new Pen();
  private readonly base = new Pen();
  private readonly top = new Pen();
  private readonly over = new Pen();
  // The spec, the picture's size and the number of marks that `base` has.
  private baseSpec: ChartSpec | undefined;
  private baseOf = "";
  private baseMarks = 0;
  private axesStale = false;
  private due = 0;
  private settling: ReturnType<typeof setTimeout> | undefined;
  private readonly tip: HTMLDivElement;
  private hovered: number | undefined;
  private moved = false;
  private visible = true;
  private stale = false;

  constructor(private readonly host: HTMLDivElement, private readonly props: Props) {
    this.spec = props.spec;
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    this.plot = new uPlot(this.options(), [[0, 1], [null, null]], host);
    this.plot.over.append(this.tip);
    this.shown.canvas.className = "marks";
    this.plot.under.append(this.shown.canvas);
    this.listen();
  }

  update(spec: ChartSpec): void {
    this.spec = spec;
    this.plot.batch(() => {
      this.plot.setScale("x", { min: spec.x.range[0], max: spec.x.range[1] });
      this.plot.setScale("y", { min: spec.y.range[0], max: spec.y.range[1] });
    });
    this.axesStale = true;
    this.redraw();
  }

  redraw(): void {
    if (!this.visible) {
      this.stale = true;
      return;
    }
    if (this.due === 0) this.due = requestAnimationFrame(() => this.render());
  }

  private render(): void {
    this.due = 0;
    if (this.axesStale) this.plot.redraw(false, true); // and paints
    else this.paint();
  }

  // What is brushed has changed. A plot may draw less while the pointer moves; all of it follows.
  brushMoved(): void {
    this.redraw();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.redraw(), BRUSH_RESTS);
  }

  // What nobody sees is not drawn until somebody does.
  show(visible: boolean): void {
    this.visible = visible;
    if (visible && this.stale) {
      this.stale = false;
      this.redraw();
    }
  }

  // Seen or not: its picture is to be saved.
  drawNow(): void {
    cancelAnimationFrame(this.due);
    this.stale = false;
    this.render();
  }

  resize(width: number): void {
    if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: this.props.height });
  }

  destroy(): void {
    cancelAnimationFrame(this.due);
    clearTimeout(this.settling);
    this.plot.destroy();
  }

  private options(): uPlot.Options {
    const colors = palette();
    const { x, y } = this.spec;
    const brushes = this.spec.pointer === undefined;
    const distribution = (axis: Axis): uPlot.Scale.Distr => (axis.kind === "log" ? 3 : 1);
    return {
      width: Math.max(200, this.host.clientWidth),
      height: this.props.height,
      ms: 1,
      legend: { show: false },
      padding: [12, 16, 0, 4],
      scales: {
        x: { time: x.kind === "time", distr: distribution(x), range: () => this.spec.x.range },
        y: { time: false, distr: distribution(y), range: () => this.spec.y.range },
      },
      axes: [this.axis("x", colors), this.axis("y", colors)],
      series: [{}, { paths: () => null, points: { show: false } }],
      cursor: {
        drag: { x: brushes && x.key !== undefined, y: brushes && y.key !== undefined, setScale: false },
        points: { show: false },
        x: this.spec.pointer === undefined,
        y: this.spec.pointer === undefined,
        bind: { dblclick: () => () => { this.props.brush.clear(); return null; } },
      },
      hooks: {
        draw: [() => this.paint()],
        setSelect: [() => this.brushed(true)],
        setCursor: [() => this.cursorMoved()],
      },
    };
  }

  private axis(which: "x" | "y", colors: ReturnType<typeof palette>): uPlot.Axis {
    const axis = () => this.spec[which];
    const font = "12px system-ui, sans-serif";
    const longest = Math.max(8, Math.floor((which === "x" ? this.host.clientWidth - 90 : this.props.height - 60) / LETTER));
    const common: uPlot.Axis = {
      stroke: colors.faint, grid: { stroke: colors.grid, width: 1 }, ticks: { stroke: colors.grid, width: 1, size: 5 },
      font, labelFont: font, label: axis().label === "" ? undefined : shorten(axis().label, longest), labelSize: 18, labelGap: 0,
      show: axis().kind !== "none",
    };
    if (axis().kind === "time") {
      // A text that would reach beyond the border is left out.
      const fits = (plot: uPlot, tick: number) => plot.valToPos(tick, "x") < plot.bbox.width / devicePixelRatio - 24;
      return { ...common, space: 105, size: 44,
               values: (plot, splits) => splits.map(timeText).map((text, k) => (fits(plot, splits[k]) ? text : "")) };
    }
    const spacing = which === "x" ? 64 : 36;
    const pixels = (plot: uPlot) => (which === "x" ? plot.bbox.width : plot.bbox.height) / devicePixelRatio || 300;
    return {
      ...common,
      splits: (plot, _index, low, high) => ticksOf(axis(), low, high, pixels(plot), spacing, which === "x"),
      values: (plot, splits) => tickTexts(axis(), splits, which === "x" ? choiceLetters(axis(), pixels(plot)) : undefined),
      filter: (_plot, splits) => splits,
      size: which === "x" ? 34 : (_plot, texts) => 18 + 7 * Math.max(2, ...(texts ?? []).map((text) => text.length)),
    };
  }

  private at(): Positions {
    const { width, height } = this.plot.bbox;
    return { x: positions(this.spec.x, 0, width), y: positions(this.spec.y, height, 0) };
  }

  private frame(): Frame {
    const { width, height } = this.plot.bbox;
    return { width, height, scale: devicePixelRatio, at: this.at(), colors: palette(), many: this.spec.marks > MANY_DOTS };
  }

  // All marks, whatever is brushed: drawn once, and afterwards only what has come since.
  private paintBase(frame: Frame): void {
    const { spec } = this;
    const key = `${frame.width}x${frame.height}/${frame.many}`;
    const anew = this.baseSpec !== spec || this.baseOf !== key;
    if (anew) this.base.begin(frame);
    else if (this.baseMarks === spec.marks) return;
    spec.draw(this.base, undefined, anew ? 0 : this.baseMarks);
    this.base.flush();
    this.baseSpec = spec;
    this.baseOf = key;
    this.baseMarks = spec.marks;
  }

  private paint(): void {
    const { study, brush } = this.props;
    const mask = brush.selected(study);
    this.axesStale = false;
    this.spec.follow?.();
    const frame = this.frame();
    this.paintBase(frame);
    this.shown.begin(frame);
    const context = this.shown.context;
    context.globalAlpha = mask === undefined ? 1 : 0.16;
    context.drawImage(this.base.canvas, 0, 0);
    context.globalAlpha = 1;
    if (mask !== undefined) {
      this.top.begin(frame);
      this.spec.draw(this.top, mask, 0);
      this.top.flush();
      context.drawImage(this.top.canvas, 0, 0);
    }
    if (this.spec.over !== undefined) {
      this.over.begin(frame);
      this.spec.over(this.over);
      context.drawImage(this.over.canvas, 0, 0);
    }
    this.paintBrush(context);
  }

  private paintBrush(context: CanvasRenderingContext2D): void {
    const { x, y } = this.spec;
    const ranges = this.props.brush.ranges;
    const across = x.key === undefined ? undefined : ranges.get(x.key);
    const along = y.key === undefined ? undefined : ranges.get(y.key);
    if (across === undefined && along === undefined) return;
    const { width, height } = this.plot.bbox;
    const at = this.at();
    const cut = (value: number, size: number) => Math.max(0, Math.min(size, Number.isNaN(value) ? 0 : value));
    const x0 = across === undefined ? 0 : cut(at.x(across[0]), width);
    const x1 = across === undefined ? width : cut(at.x(across[1]), width);
    const y1 = along === undefined ? height : cut(at.y(along[0]), height);
    const y0 = along === undefined ? 0 : cut(at.y(along[1]), height);
    context.strokeStyle = palette().accent;
    context.lineWidth = devicePixelRatio;
    context.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    context.strokeRect(x0, y0, x1 - x0, y1 - y0);
    context.setLineDash([]);
  }

  private brushed(done: boolean): void {
    const { left, top, width, height } = this.plot.select;
    if (this.spec.pointer !== undefined || (width < 3 && height < 3)) return;
    const over = this.plot.over;
    const share = { x: [left / over.clientWidth, (left + width) / over.clientWidth],
                    y: [1 - (top + height) / over.clientHeight, 1 - top / over.clientHeight] };
    const changes: Record<string, [number, number]> = {};
    for (const which of ["x", "y"] as const) {
      const axis = this.spec[which];
      const whole = share[which][0] <= 0.001 && share[which][1] >= 0.999;
      if (axis.key !== undefined && !whole) {
        changes[axis.key] = [valueAt(axis, share[which][0]), valueAt(axis, share[which][1])];
      }
    }
    this.props.brush.set(changes);
    if (done) this.plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  private cursorMoved(): void {
    const { left, top } = this.plot.cursor;
    const dragging = this.plot.select.width >= 3 || this.plot.select.height >= 3;
    if (dragging) this.brushed(false);
    const ratio = devicePixelRatio;
    this.hovered = left === undefined || top === undefined || left < 0 || dragging ? undefined
      : this.spec.hover?.(this.at(), left * ratio, top * ratio);
    this.tip.hidden = this.hovered === undefined;
    if (this.hovered === undefined || left === undefined || top === undefined) return;
    this.tip.textContent = this.spec.describe?.(this.hovered) ?? `trial ${this.hovered}`;
    const right = left > this.plot.over.clientWidth * 0.6;
    this.tip.style.left = `${left + (right ? -12 : 12)}px`;
    this.tip.style.top = `${top}px`;
    this.tip.classList.toggle("leftward", right);
  }

  private listen(): void {
    const over = this.plot.over;
    let last: PointerEvent | undefined;
    let from = { x: 0, y: 0 };
    over.addEventListener("pointerdown", (event) => {
      last = event;
      from = { x: event.clientX, y: event.clientY };
      this.moved = false;
      if (this.spec.pointer !== undefined) over.setPointerCapture(event.pointerId);
      this.pass("down", event, last);
    });
    over.addEventListener("pointermove", (event) => {
      if (last === undefined) return;
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > 3) this.moved = true;
      this.pass("move", event, last);
      last = event;
    });
    over.addEventListener("pointerup", (event) => {
      if (last !== undefined) this.pass("up", event, last);
      last = undefined;
    });
    over.addEventListener("pointercancel", () => (last = undefined));
    over.addEventListener("click", () => {
      if (!this.moved && this.hovered !== undefined) this.spec.open?.(this.hovered);
    });
  }

  private pass(kind: "down" | "move" | "up", event: PointerEvent, last: PointerEvent): void {
    if (this.spec.pointer === undefined) return;
    const box = this.plot.over.getBoundingClientRect();
    const ratio = devicePixelRatio;
    const moved = { dx: (event.clientX - last.clientX) * ratio, dy: (event.clientY - last.clientY) * ratio };
    const x = (event.clientX - box.left) * ratio;
    const y = (event.clientY - box.top) * ratio;
    if (this.spec.pointer({ kind, x, y, ...moved }, this.at())) {
      this.spec.moved?.();
      this.baseOf = "";
      this.redraw();
    }
  }
}

export function Chart(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing>();
  const { spec, brush, study } = props;
  const parts = useContext(FigureParts);
  // What uPlot cannot change once a plot is made.
  const shape = [props.theme, spec.x.kind, spec.y.kind, spec.x.label, spec.y.label, spec.x.key, spec.y.key, props.height].join("|");
  useEffect(() => {
    const made = (drawing.current = new Drawing(host.current as HTMLDivElement, props));
    const resized = new ResizeObserver(() => made.resize(host.current?.clientWidth ?? 0));
    resized.observe(host.current as HTMLDivElement);
    const seen = new IntersectionObserver((entries) => made.show(entries.at(-1)?.isIntersecting ?? true), { rootMargin: "200px" });
    seen.observe(host.current as HTMLDivElement);
    const unsubscribe = brush.subscribe(() => made.brushMoved());
    const remove = parts.add({ draw: () => made.drawNow(), empty: false });
    return () => {
      remove();
      resized.disconnect();
      seen.disconnect();
      unsubscribe();
      made.destroy();
    };
  }, [shape, study, brush, parts]);
  useEffect(() => drawing.current?.update(spec), [spec]);
  // A spec that follows the study has more marks now.
  useEffect(() => drawing.current?.redraw(), [study.logged]);
  return <div class="chart" ref={host} role="img" aria-label={props.label} />;
}
