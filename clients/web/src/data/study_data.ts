// A study with all its trials, by column: what the plots and the table read. A trial's row is its number.
import type { Distribution, Study } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { ByteColumn, Dictionary, NumberColumn } from "./columns.js";
import { ParamColumn } from "./param_column.js";
import { trialsOf } from "./study_info.js";
import { TrialReader, type Curve, type ReadTrial } from "./trial_reader.js";

// parzen.v1.Trial.State, and 0 for a number that has not been seen yet.
export const State = { unseen: 0, waiting: 1, running: 2, complete: 3, pruned: 4, failed: 5 } as const;
export const STATE_NAMES = ["", "waiting", "running", "complete", "pruned", "failed"];
export const ENDED_OR_RUNNING = [State.running, State.complete, State.pruned, State.failed];

// More trials than this are read without their intermediate values, attributes and distributions.
export const FULL_TRIALS = 5000;

// From here on plots are drawn anew more rarely than trials come, and what nobody sees waits.
export const MANY_TRIALS = 5000;

export const Flag = { enqueued: 1, imported: 2, stopRequested: 4, infeasible: 8 } as const;

// One row for each stay at a worker: a trial that was taken back and handed out again has several.
export interface Attempt {
  worker: number;
  started: number;
  // When the next attempt began, at the latest.
  ended: number;
}

export class StudyData {
  info: Study | undefined;
  // Rows 0 .. count - 1; a few of them may be unseen while the history is being read.
  count = 0;
  seen = 0;
  // Everything up to this revision is in the columns.
  revision = 0n;
  readonly state = new ByteColumn();
  // How many rows are in each state.
  private readonly inState = new Int32Array(STATE_NAMES.length);
  readonly flags = new ByteColumn();
  readonly attempt = new NumberColumn(0);
  readonly worker = new NumberColumn(0);
  readonly workers = new Dictionary();
  readonly created = new NumberColumn(NaN);
  readonly started = new NumberColumn(NaN);
  readonly finished = new NumberColumn(NaN);
  readonly values: NumberColumn[] = [];
  readonly params: ParamColumn[] = [];
  readonly curves = new Map<number, Curve>();
  // Attempts before the present one, as far as this page has seen them.
  readonly earlier = new Map<number, Attempt[]>();
  // Counts the changes; a view that has drawn this version is up to date.
  version = 0;
  // Changes when plots need other axes: another best or worst value, a new parameter, another space.
  shape = 0;
  // How many changes of rows there have been. The last of them are kept, by number modulo their room.
  logged = 0;
  private readonly log = new Int32Array(1 << 14);
  private readonly extremes: { low: number; high: number }[] = [];
  private drawableRows = new Int32Array(0);
  private drawableOf = -1;
  private readonly byName = new Map<string, ParamColumn>();
  private readonly reader = new TrialReader({ param: (name) => this.param(name) });

  param(name: string): ParamColumn {
    let column = this.byName.get(name);
    if (column === undefined) {
      column = new ParamColumn(name);
      this.byName.set(name, column);
      ++this.shape;
      this.params.push(column);
    }
    return column;
  }

  describe(study: Study): void {
    this.info = study;
    while (this.values.length < Math.max(1, study.directions.length)) this.values.push(new NumberColumn(NaN));
    for (const parameter of study.space?.parameters ?? []) {
      if (parameter.distribution !== undefined) this.param(parameter.name).describe(parameter.distribution);
    }
    ++this.version;
    ++this.shape;
  }

  // A define-by-run study's parameters are known from its trials only.
  learn(name: string, distribution: Distribution): void {
    this.param(name).describe(distribution);
    ++this.version;
    ++this.shape;
  }

  apply(trials: readonly Uint8Array[]): void {
    for (const bytes of trials) this.put(this.reader.read(bytes));
    if (trials.length > 0) ++this.version;
  }

  // How many trials are in a state. A watch tells the server's own counts when it begins, and again only if the study itself changes:
  // they serve until all of those trials have been read.
  counted(state: number): number {
    const counts = this.info?.counts;
    if (counts === undefined || this.info === undefined || this.seen >= trialsOf(this.info)) return this.inState[state];
    return Number([0, counts.waiting, counts.running, counts.complete, counts.pruned, counts.failed][state]);
  }

  // Applies one trial and answers its number.
  applyOne(bytes: Uint8Array): number {
    const trial = this.reader.read(bytes);
    this.put(trial);
    ++this.version;
    return trial.number;
  }

  private put(trial: ReadTrial): void {
    const row = trial.number;
    const before = this.state.get(row);
    if (before === State.unseen) ++this.seen;
    if (row >= this.count) this.count = row + 1;
    if (before === State.running && trial.attempt > this.attempt.get(row)) this.rememberAttempt(row, trial);
    this.state.set(row, trial.state);
    --this.inState[before];
    ++this.inState[trial.state];
    this.flags.set(row, (trial.enqueued ? Flag.enqueued : 0) | (trial.imported ? Flag.imported : 0) |
      (trial.stopRequested ? Flag.stopRequested : 0) | (trial.feasible ? 0 : Flag.infeasible));
    this.attempt.set(row, trial.attempt);
    this.worker.set(row, this.workers.code(trial.worker));
    this.created.set(row, trial.created);
    this.started.set(row, trial.started);
    this.finished.set(row, trial.finished);
    this.values.forEach((column, i) => column.set(row, trial.values[i] ?? NaN));
    for (const { column, value } of trial.params) column.values.set(row, value);
    if (trial.state === State.complete) this.widen(trial.values);
    this.log[this.logged++ % this.log.length] = row;
    if (trial.curve !== undefined) this.curves.set(row, trial.curve);
    else if (before === State.running) this.curves.delete(row);
  }

  private widen(values: readonly number[]): void {
    values.forEach((value, k) => {
      const extreme = (this.extremes[k] ??= { low: Infinity, high: -Infinity });
      if (!Number.isFinite(value) || (value >= extreme.low && value <= extreme.high)) return;
      extreme.low = Math.min(extreme.low, value);
      extreme.high = Math.max(extreme.high, value);
      ++this.shape;
    });
  }

  // The rows that have changed since `logged` was `mark`, some of them more than once; all rows if that is too long ago.
  changedSince(mark: number): Int32Array {
    const size = this.log.length;
    if (this.logged - mark > size) return Int32Array.from({ length: this.count }, (_, row) => row);
    return Int32Array.from({ length: this.logged - mark }, (_, k) => this.log[(mark + k) % size]);
  }

  private rememberAttempt(row: number, next: ReadTrial): void {
    const attempts = this.earlier.get(row) ?? [];
    const ended = Number.isNaN(next.started) || next.started === this.started.get(row) ? Date.now() : next.started;
    attempts.push({ worker: this.worker.get(row), started: this.started.get(row), ended });
    this.earlier.set(row, attempts);
  }

  get name(): string {
    return this.info?.name ?? "";
  }

  get objectives(): number {
    return Math.max(1, this.info?.directions.length ?? 1);
  }

  // 1 if smaller values are better, -1 if larger ones are: value * sign is to be minimized.
  sign(objective: number): 1 | -1 {
    return this.info?.directions[objective] === 2 ? -1 : 1;
  }

  objectiveName(objective: number): string {
    const named = this.info?.metricNames[objective];
    if (named !== undefined && named !== "") return named;
    return this.objectives === 1 ? "value" : `value ${objective}`;
  }

  workerName(row: number): string {
    return this.workers.words[this.worker.get(row)] ?? "";
  }

  // The rows that isDrawable, by number; computed once a version.
  drawable(): Int32Array {
    if (this.drawableOf !== this.version) {
      const rows = new Int32Array(this.count);
      let count = 0;
      for (let row = 0; row < this.count; ++row) if (this.isDrawable(row)) rows[count++] = row;
      this.drawableRows = rows.subarray(0, count);
      this.drawableOf = this.version;
    }
    return this.drawableRows;
  }

  // Complete, with finite values: what can be drawn as a point.
  isDrawable(row: number): boolean {
    if (this.state.get(row) !== State.complete) return false;
    return this.values.every((column) => Number.isFinite(column.get(row)));
  }
}
