// What is brushed: ranges of columns. All plots and the table of a study share one Brush, so that what is brushed in one is
// highlighted in the others. A trial is selected if each brushed column's value lies in its range.
import type { StudyData } from "./study_data.js";

// "number", "started", "value:K" or "param:NAME".
export type ColumnKey = string;

export function columnOf(study: StudyData, key: ColumnKey): ((row: number) => number) | undefined {
  if (key === "number") return (row) => row;
  if (key === "started") return (row) => study.started.get(row);
  if (key.startsWith("value:")) {
    const column = study.values[Number(key.slice(6))];
    return column === undefined ? undefined : (row) => column.get(row);
  }
  const column = study.params.find((candidate) => `param:${candidate.name}` === key);
  return column === undefined ? undefined : (row) => column.values.get(row);
}

export class Brush {
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
      const column = columnOf(study, key);
      if (column === undefined) continue;
      for (let row = 0; row < study.count; ++row) {
        const value = column(row);
        if (!(value >= low && value <= high)) this.mask[row] = 0;
      }
    }
    this.selectedCount = 0;
    for (let row = 0; row < study.count; ++row) {
      if (study.state.get(row) === 0) this.mask[row] = 0;
      this.selectedCount += this.mask[row];
    }
  }

  private changed(): void {
    ++this.version;
    for (const listener of this.listeners) listener();
  }
}
