// One study on a server.
import { create } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import { pause, requestId, type Connection } from "./connection.js";
import { AllHandedOut, FailedPrecondition, fromConnect, Pruned, StudyFinished, Unavailable } from "./errors.js";
import {
  ParamSchema, Study_State, Trial_State, View, type ExplainTrialResponse, type Param, type Study as Message,
} from "./gen/parzen/v1/parzen_pb.js";
import type { Leases } from "./leases.js";
import { RecommendedTrial } from "./recommendation.js";
import { toParameters, valueFor, type Choice, type ParameterDefinition } from "./space.js";
import { FrozenTrial, READ_VIEW, Trial } from "./trial.js";

export const DEFAULT_LEASE = 120; // seconds
const PAGE = 1000;
const IMPORT_BATCH = 1000;

export interface AskOptions {
  // Seconds; null: none, the trial is never taken back. Default 120.
  lease?: number | null;
  // This worker's own running trials first.
  resume?: boolean;
}

export type Objective = (trial: Trial) => number | readonly number[] | Promise<number | readonly number[]>;

export interface OptimizeOptions {
  nTrials?: number;
  // Seconds after which no trial is begun.
  timeout?: number;
  // How many trials run at once in this program. Default 1.
  nJobs?: number;
  // Errors of these classes fail the trial, and the next one is asked for; others end optimize.
  catch?: readonly (new (...args: never[]) => Error)[];
  callbacks?: readonly ((study: Study, trial: FrozenTrial) => void)[];
}

interface PageRequest {
  study: string;
  pageSize: number;
  pageToken: string;
  view: View;
}

type Listing<Page> = (stub: Connection["stub"], request: PageRequest, call: CallOptions) => Promise<Page>;

export class Study {
  constructor(private readonly connection: Connection, private readonly leases: Leases, private readonly worker: string,
              private message: Message) {}

  get name(): string {
    return this.message.name;
  }

  // As of the latest call that told.
  get info(): Message {
    return this.message;
  }

  ask(options?: AskOptions): Promise<Trial>;
  ask(options: AskOptions & { count: number }): Promise<Trial[]>;
  async ask(options: AskOptions & { count?: number } = {}): Promise<Trial | Trial[]> {
    const lease = options.lease === null ? undefined : (options.lease ?? DEFAULT_LEASE);
    const request = { requestId: requestId(), study: this.name, studyUid: this.message.uid, worker: this.worker, count: options.count ?? 1,
                      leaseSeconds: lease, resume: options.resume ?? false };
    const response = await this.connection.run((stub, call) => stub.ask(request, call));
    const trials = response.trials.map((trial) => new Trial(this.connection, this.leases, trial));
    return options.count === undefined ? trials[0] : trials;
  }

  // These parameters are fixed, the rest is sampled when it is asked for. Returns the waiting trial.
  async enqueue(params: Record<string, Choice>): Promise<FrozenTrial> {
    const request = { requestId: requestId(), study: this.name, studyUid: this.message.uid, params: this.toParams(params) };
    const response = await this.connection.run((stub, call) => stub.enqueue(request, call));
    return new FrozenTrial(response.trial!);
  }

  // Complete ones from elsewhere: [params, values] each.
  async addTrials(trials: readonly (readonly [Record<string, Choice>, number | readonly number[]])[]): Promise<void> {
    for (let from = 0; from < trials.length; from += IMPORT_BATCH) {
      const request = {
        requestId: requestId(), study: this.name, studyUid: this.message.uid,
        trials: trials.slice(from, from + IMPORT_BATCH).map(([params, values]) => ({
          params: this.toParams(params), values: typeof values === "number" ? [values] : [...values], state: Trial_State.COMPLETE,
        })),
      };
      await this.connection.run((stub, call) => stub.addTrials(request, call));
    }
  }

  addTrial(params: Record<string, Choice>, values: number | readonly number[]): Promise<void> {
    return this.addTrials([[params, values]]);
  }

  async trial(number: number): Promise<FrozenTrial> {
    const request = { study: this.name, number: BigInt(number), view: READ_VIEW };
    return new FrozenTrial(await this.connection.run((stub, call) => stub.getTrial(request, call)));
  }

  // All trials by number.
  trials(): Promise<FrozenTrial[]> {
    return this.all((stub, page, call) => stub.listTrials(page, call), (page) => page.trials.map((trial) => new FrozenTrial(trial)));
  }

  // The best, or the Pareto front of several objectives; none while no feasible trial is complete.
  bestTrials(): Promise<FrozenTrial[]> {
    return this.all((stub, page, call) => stub.bestTrials(page, call), (page) => page.trials.map((trial) => new FrozenTrial(trial)));
  }

  async bestTrial(): Promise<FrozenTrial | undefined> {
    return (await this.bestTrials())[0];
  }

  // What to trust under noise: the complete and feasible trial whose value without noise a model of all trials expects to be best; of
  // several objectives the front of expected values, by number. NotFound while no feasible trial is complete.
  recommendedTrials(): Promise<RecommendedTrial[]> {
    return this.all((stub, page, call) => stub.recommendTrials(page, call),
                    (page) => page.trials.map((trial, k) => new RecommendedTrial(trial, page.expected[k], page.basis)));
  }

  // The first of recommendedTrials, for one objective; FailedPrecondition for several.
  async recommendedTrial(): Promise<RecommendedTrial> {
    const objectives = this.message.directions.length;
    if (objectives > 1) {
      throw new FailedPrecondition(`study "${this.name}" has ${objectives} objectives: use recommendedTrials()`, "FAILED_PRECONDITION");
    }
    return (await this.recommendedTrials())[0];
  }

  // How much each parameter decided whether a trial is among the best tenth (PED-ANOVA): shares by parameter, the largest first, which
  // sum to 1 or, where nothing can be told, are all 0. `objective`, from 0: judged by this one; by all of them otherwise.
  async importances(objective?: number): Promise<Map<string, number>> {
    const request = { study: this.name, objective };
    const response = await this.connection.run((stub, call) => stub.getImportances(request, call));
    return new Map(response.shares.map((one) => [one.parameter, one.share]));
  }

  // Each trial that changed, once, in its latest state; then whatever changes. Reconnects by itself; ends when the loop is left, and
  // throws NotFound when the study is deleted.
  async *watch(options: { afterRevision?: bigint; signal?: AbortSignal } = {}): AsyncGenerator<FrozenTrial, void, undefined> {
    let revision = options.afterRevision ?? 0n;
    const abort = new AbortController();
    options.signal?.addEventListener("abort", () => abort.abort(), { once: true });
    try {
      for (let wait = 0.1; !abort.signal.aborted; wait = Math.min(wait * 2, 5)) {
        try {
          const stream = this.connection.stub.watchStudy({ study: this.name, afterRevision: revision, view: View.FULL }, { signal: abort.signal });
          for await (const message of stream) {
            wait = 0.1;
            if (message.study !== undefined) this.message = message.study;
            for (const trial of message.trials) yield new FrozenTrial(trial);
            revision = message.revision;
          }
        } catch (error) {
          const refused = fromConnect(error);
          if (abort.signal.aborted) return;
          if (!(refused instanceof Unavailable) && refused.reason !== "SLOW_CONSUMER") throw refused;
        }
        await pause(wait);
      }
    } finally {
      abort.abort();
    }
  }

  pause(): Promise<void> {
    return this.to(Study_State.PAUSED);
  }

  resume(): Promise<void> {
    return this.to(Study_State.ACTIVE);
  }

  finish(): Promise<void> {
    return this.to(Study_State.FINISHED);
  }

  async setUserAttr(key: string, value: unknown): Promise<void> {
    await this.change({ userAttrs: [{ key, json: value === undefined ? "" : JSON.stringify(value) }] }, ["user_attrs"]);
  }

  userAttrs(): Record<string, unknown> {
    return Object.fromEntries(this.message.userAttrs.map((attribute) => [attribute.key, JSON.parse(attribute.json) as unknown]));
  }

  // A space may only grow.
  async update(changes: { space?: Record<string, ParameterDefinition>; maxTrials?: number }): Promise<void> {
    const paths = [...(changes.space === undefined ? [] : ["space"]), ...(changes.maxTrials === undefined ? [] : ["max_trials"])];
    await this.change({
      space: changes.space === undefined ? undefined : { parameters: toParameters(changes.space) },
      maxTrials: changes.maxTrials === undefined ? undefined : BigInt(changes.maxTrials),
    }, paths);
  }

  // How a trial's parameters were chosen.
  explain(number: number): Promise<ExplainTrialResponse> {
    return this.connection.run((stub, call) => stub.explainTrial({ study: this.name, number: BigInt(number) }, call));
  }

  // Asks a running trial's worker to stop.
  async stop(number: number): Promise<void> {
    const { message } = await this.trial(number);
    const request = { requestId: requestId(), trial: message.handle };
    await this.connection.run((stub, call) => stub.stopTrial(request, call));
  }

  async refresh(): Promise<Message> {
    return (this.message = await this.connection.run((stub, call) => stub.getStudy({ study: this.name }, call)));
  }

  // Asks, runs and tells until the study has ended, nTrials have run here or the time is up.
  async optimize(objective: Objective, options: OptimizeOptions = {}): Promise<void> {
    const end = options.timeout === undefined ? Infinity : Date.now() + options.timeout * 1000;
    let left = options.nTrials ?? Infinity;
    let failure: unknown;
    const job = async () => {
      while (left > 0 && Date.now() < end && failure === undefined) {
        --left;
        try {
          await this.runOne(objective, options);
        } catch (error) {
          if (error instanceof StudyFinished || error instanceof AllHandedOut) return;
          failure ??= error;
        }
      }
    };
    await Promise.all(Array.from({ length: options.nJobs ?? 1 }, job));
    if (failure !== undefined) throw failure;
  }

  private async runOne(objective: Objective, options: OptimizeOptions): Promise<void> {
    const trial = await this.ask();
    try {
      await trial.run(objective);
    } catch (error) {
      if (!(error instanceof Pruned) && !(options.catch ?? []).some((caught) => error instanceof caught)) throw error;
    }
    if (options.callbacks === undefined) return;
    const told = await this.trial(trial.number);
    for (const callback of options.callbacks) callback(this, told);
  }

  // What is in all pages of a listing.
  private async all<Page extends { nextPageToken: string }, T>(list: Listing<Page>, read: (page: Page) => T[]): Promise<T[]> {
    const found: T[] = [];
    let pageToken = "";
    do {
      const request = { study: this.name, pageSize: PAGE, pageToken, view: READ_VIEW };
      const page = await this.connection.run((stub, call) => list(stub, request, call));
      for (const one of read(page)) found.push(one);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return found;
  }

  private to(state: Study_State): Promise<void> {
    return this.change({ state }, ["state"]);
  }

  private async change(study: object, paths: string[]): Promise<void> {
    const request = { requestId: requestId(), study: { name: this.name, uid: this.message.uid, ...study }, updateMask: { paths } };
    this.message = await this.connection.run((stub, call) => stub.updateStudy(request, call));
  }

  private toParams(params: Record<string, Choice>): Param[] {
    const space = new Map(this.message.space?.parameters.map((parameter) => [parameter.name, parameter.distribution]));
    return Object.entries(params).map(([name, value]) => create(ParamSchema, { name, value: valueFor(space.get(name), value) }));
  }
}
