// What is brushed: ranges of columns. All plots and the table of a study share one Brush, so that what is brushed in one is
// highlighted in the others. A trial is selected if each brushed column's value lies in its range.
import type { NumberColumn } from "./columns.js";
import type { StudyData } from "./study_data.js";

// "number", "started", "value:K" or "param:NAME".
export type ColumnKey = string;

function columnOf(study: StudyData, key: ColumnKey): NumberColumn | undefined {
  if (key === "started") return study.started;
  if (key.startsWith("value:")) return study.values[Number(key.slice(6))];
  return study.params.find((candidate) => `param:${candidate.name}` === key)?.values;
}

// A brush that has not moved for so long, in ms, is at rest.
export const BRUSH_RESTS = 200;

export class Brush {
  // When it last changed, by performance.now().
  changedAt = -Infinity;
  readonly ranges = new Map<ColumnKey, [number, number]>();
  version = 0;
  private mask = new Uint8Array(0);
  private maskOf = "";
  private selectedCount = 0;
  private readonly listeners = new Set<() => void>();

  get active(): boolean {
    return this.ranges.size > 0;
  }

  set(changes: Record<ColumnKey, [number, number] | undefined>): void {
    for (const [key, range] of Object.entries(changes)) {
      if (range === undefined) this.ranges.delete(key);
      else this.ranges.set(key, range);
    }
    this.changed();
  }

  clear(): void {
    this.ranges.clear();
    this.changed();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  // 1 for each selected row; undefined if nothing is brushed. Computed once a change.
  selected(study: StudyData): Uint8Array | undefined {
    if (!this.active) return undefined;
    const key = `${this.version}/${study.version}`;
    if (this.maskOf !== key) {
      this.compute(study);
      this.maskOf = key;
    }
    return this.mask;
  }

  count(study: StudyData): number {
    this.selected(study);
    return this.active ? this.selectedCount : study.count;
  }

  private compute(study: StudyData): void {
    if (this.mask.length < study.count) this.mask = new Uint8Array(Math.max(study.count, this.mask.length * 2));
    this.mask.fill(1, 0, study.count);
    for (const [key, [low, high]] of this.ranges) {
      this.restrict(study, key, low, high);
    }
    const { mask } = this;
    const states = study.state.data;
    let count = 0;
    for (let row = 0; row < study.count; ++row) {
      if (states[row] === 0) mask[row] = 0;
      count += mask[row];
    }
    this.selectedCount = count;
  }

  private restrict(study: StudyData, key: ColumnKey, low: number, high: number): void {
    const { mask } = this;
    if (key === "number") {
      mask.fill(0, 0, Math.max(0, Math.min(study.count, Math.ceil(low))));
      mask.fill(0, Math.max(0, Math.min(study.count, Math.floor(high) + 1)), study.count);
      return;
    }
    const column = columnOf(study, key);
    if (column === undefined) return;
    const values = column.data;
    const known = Math.min(study.count, values.length);
    for (let row = 0; row < known; ++row) {
      const value = values[row];
      if (!(value >= low && value <= high)) mask[row] = 0;
    }
    mask.fill(0, known, study.count);
  }

  // Whether it is being drawn across a plot.
  get moving(): boolean {
    return performance.now() - this.changedAt < BRUSH_RESTS;
  }

  private changed(): void {
    ++this.version;
    this.changedAt = performance.now();
    for (const listener of this.listeners) listener();
  }
}
