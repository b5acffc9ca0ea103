// A running trial, and what is known of any.
import { timestampDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import type { Connection } from "./connection.js";
import { requestId } from "./connection.js";
import { InvalidArgument, ParzenError, Pruned } from "./errors.js";
import {
  Failure_Kind, Trial_State, View, type Distribution, type Trial as Message, type TrialHandle,
} from "./gen/parzen/v1/parzen_pb.js";
import type { Leased, Leases } from "./leases.js";
import { categoricalDistribution, floatDistribution, fromValue, intDistribution, toParams, type Choice, type ParamValue } from "./space.js";

export type State = "waiting" | "running" | "complete" | "pruned" | "failed";

export interface TellOptions {
  state?: "complete" | "pruned" | "failed";
  // FAILED only: why; that the point itself is bad; that the trial is to be run again elsewhere.
  reason?: string;
  infeasible?: boolean;
  preempted?: boolean;
  // Feasible at <= 0.
  constraints?: Record<string, number>;
  // Kept and shown, not optimized.
  metrics?: Record<string, number>;
}

const STATES: Record<string, Trial_State> = { complete: Trial_State.COMPLETE, pruned: Trial_State.PRUNED, failed: Trial_State.FAILED };

export function stateName(state: Trial_State): State {
  return (Trial_State[state] ?? "").toLowerCase() as State;
}

const named = (values: Record<string, number> = {}) => Object.entries(values).map(([name, value]) => ({ name, value }));

// A trial as it was when it was read.
export class FrozenTrial {
  readonly number: number;
  readonly state: State;
  readonly params: Record<string, ParamValue>;
  // Undefined until told.
  readonly values: number[] | undefined;
  readonly worker: string;
  // By step.
  readonly intermediate: Map<number, number>;
  readonly started: Date | undefined;
  readonly finished: Date | undefined;
  readonly userAttrs: Record<string, unknown>;
  readonly reason: string;

  constructor(readonly message: Message) {
    const date = (stamp: Timestamp | undefined) => (stamp === undefined ? undefined : timestampDate(stamp));
    this.number = Number(message.handle?.number ?? 0n);
    this.state = stateName(message.state);
    this.params = toParams(message.params);
    this.values = message.values.length > 0 ? [...message.values] : undefined;
    this.worker = message.worker;
    this.intermediate = new Map(message.intermediateValues.map((report) => [Number(report.step), report.value]));
    this.started = date(message.startTime);
    this.finished = date(message.finishTime);
    this.userAttrs = Object.fromEntries(message.userAttrs.map((attribute) => [attribute.key, JSON.parse(attribute.json) as unknown]));
    this.reason = message.failure?.reason ?? "";
  }

  // The first value, of a study with one objective.
  get value(): number | undefined {
    return this.values?.[0];
  }
}

// A trial that this program runs. Its lease is kept until it is told.
export class Trial implements Leased {
  readonly number: number;
  // Grows as parameters are suggested, in a define-by-run study.
  readonly params: Record<string, ParamValue>;
  readonly handle: TrialHandle;
  readonly lease: number;
  // Another worker has the trial now: what it reports and tells as failed is refused.
  leaseLost = false;
  // Somebody asked it to stop: tell whatever result there is.
  stopRequested = false;
  isTold = false;
  private prune = false;

  constructor(private readonly connection: Connection, private readonly leases: Leases, message: Message) {
    if (message.handle === undefined) throw new ParzenError("the server sent a trial without a handle");
    this.handle = message.handle;
    this.number = Number(message.handle.number);
    this.params = toParams(message.params);
    this.lease = message.leaseSeconds ?? 0;
    if (this.lease > 0) leases.keep(this);
  }

  async tell(values?: number | readonly number[], options: TellOptions = {}): Promise<FrozenTrial> {
    const list = values === undefined ? [] : typeof values === "number" ? [values] : [...values];
    const failed = options.infeasible === true || options.preempted === true || options.reason !== undefined;
    const state = options.state ?? (failed && list.length === 0 ? "failed" : "complete");
    const kind = options.infeasible ? Failure_Kind.INFEASIBLE : options.preempted ? Failure_Kind.PREEMPTED : Failure_Kind.CRASHED;
    if (state === "failed" && list.length > 0) throw new InvalidArgument("values: a failed trial has none", "INVALID_ARGUMENT", "BAD_FIELD");
    const request = {
      requestId: requestId(),
      outcomes: [{
        trial: this.handle, state: STATES[state], values: list, constraints: named(options.constraints), metrics: named(options.metrics),
        failure: state === "failed" ? { kind, reason: options.reason ?? "" } : undefined,
      }],
    };
    const response = await this.connection.run((stub, call) => stub.tell(request, call));
    this.isTold = true;
    this.leases.release(this);
    return new FrozenTrial(response.trials[0]);
  }

  // Records an intermediate value; afterwards shouldPrune and stopRequested say what the server thinks of it.
  async report(value: number, step: number): Promise<void> {
    const request = { requestId: requestId(), reports: [{ trial: this.handle, step: BigInt(step), value }] };
    const { advice: [advice] } = await this.connection.run((stub, call) => stub.report(request, call));
    this.prune = advice?.shouldPrune ?? false;
    if (advice?.stopRequested) this.stopRequested = true;
  }

  // Whether to stop: the answer to the latest report, or because somebody asked for it.
  shouldPrune(): boolean {
    return this.prune || this.stopRequested;
  }

  suggestFloat(name: string, low: number, high: number, options: { log?: boolean; step?: number } = {}): Promise<number> {
    return this.suggest(name, floatDistribution(low, high, options)) as Promise<number>;
  }

  suggestInt(name: string, low: number, high: number, options: { log?: boolean; step?: number } = {}): Promise<number> {
    return this.suggest(name, intDistribution(low, high, options)) as Promise<number>;
  }

  suggestCategorical<T extends Choice>(name: string, choices: readonly T[]): Promise<T> {
    return this.suggest(name, categoricalDistribution(choices)) as Promise<T>;
  }

  // A value that JSON can hold; undefined removes the attribute.
  async setUserAttr(key: string, value: unknown): Promise<void> {
    const request = { requestId: requestId(), trial: this.handle, userAttrs: [{ key, json: value === undefined ? "" : JSON.stringify(value) }] };
    await this.connection.run((stub, call) => stub.updateTrial(request, call));
  }

  // Runs the objective and tells its result: what it throws fails the trial, Pruned prunes it. Either is thrown on.
  async run(objective: (trial: Trial) => number | readonly number[] | Promise<number | readonly number[]>): Promise<FrozenTrial> {
    let values: number | readonly number[];
    try {
      values = await objective(this);
    } catch (error) {
      if (!this.isTold) {
        if (error instanceof Pruned) await this.tell(undefined, { state: "pruned" });
        else await this.tell(undefined, { state: "failed", reason: String(error).slice(0, 1000) });
      }
      throw error;
    }
    return this.tell(values);
  }

  private async suggest(name: string, distribution: Distribution): Promise<ParamValue> {
    const request = { requestId: requestId(), trial: this.handle, name, distribution };
    const response = await this.connection.run((stub, call) => stub.suggest(request, call));
    return (this.params[name] = fromValue(response.value));
  }
}

export const READ_VIEW = View.FULL;
