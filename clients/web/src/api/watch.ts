// Keeps a study's columns up to date through WatchStudy: reconnects after any loss from the last revision, and pauses while the tab
// is hidden, since browsers allow six connections a server over HTTP/1.1 and other tabs want theirs.
import { Code, ConnectError } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import { Optimizer, View, WatchStudyRequestSchema } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { WatchedBytesSchema, type WatchedBytes } from "@parzen/client/gen/page_pb.js";
import { FULL_TRIALS, type StudyData } from "../data/study_data.js";
import { trialsOf } from "../data/study_info.js";
import { api, askForToken, messageOf, transport } from "./transport.js";

export type WatchState = "connecting" | "live" | "waiting" | "ended";

export interface WatchEvents {
  // The columns have changed.
  changed(): void;
  state(state: WatchState, message: string): void;
}

const LONGEST_PAUSE = 10_000; // ms between two attempts
const method = { ...Optimizer.method.watchStudy, output: WatchedBytesSchema };

async function* one<T>(message: T): AsyncIterable<T> {
  yield message;
}

export class Watch {
  private readonly abort = new AbortController();
  private current: AbortController | undefined;
  private uid: bigint | undefined;

  constructor(private readonly name: string, private readonly study: StudyData, private readonly events: WatchEvents) {
    void this.run();
  }

  close(): void {
    this.abort.abort();
    this.current?.abort();
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.abort.signal.aborted) {
      await this.visible();
      if (this.abort.signal.aborted) return;
      try {
        this.events.state("connecting", "");
        await this.follow(() => (failures = 0));
        if (this.abort.signal.aborted) return;
      } catch (error) {
        if (this.abort.signal.aborted) return;
        const failure = ConnectError.from(error);
        askForToken(failure);
        if (isFinal(failure)) {
          this.events.state("ended", messageOf(error));
          return;
        }
        if (failure.code !== Code.Canceled) this.events.state("waiting", messageOf(error));
      }
      if (document.visibilityState === "visible") await pause(Math.min(LONGEST_PAUSE, 250 * 2 ** failures++), this.abort.signal);
    }
  }

  // One stream, until it ends.
  private async follow(alive: () => void): Promise<void> {
    const current = (this.current = new AbortController());
    const hide = () => {
      if (document.visibilityState === "hidden") current.abort();
    };
    document.addEventListener("visibilitychange", hide);
    try {
      const view = await this.view();
      const request = create(WatchStudyRequestSchema, { study: this.name, afterRevision: this.study.revision, view });
      const response = await transport.stream(method, current.signal, undefined, undefined, one(request));
      for await (const message of response.message) {
        alive();
        this.take(message as WatchedBytes);
      }
    } finally {
      document.removeEventListener("visibilitychange", hide);
    }
  }

  private take(message: WatchedBytes): void {
    if (message.study !== undefined) {
      // The same name, another study: begin anew.
      if (this.uid !== undefined && message.study.uid !== this.uid) location.reload();
      this.uid = message.study.uid;
      this.study.describe(message.study);
    }
    this.study.apply(message.trials);
    if (message.revision > this.study.revision) this.study.revision = message.revision;
    this.events.state("live", "");
    this.events.changed();
  }

  private async view(): Promise<View> {
    const info = await api.getStudy({ study: this.name }, { signal: this.abort.signal });
    return trialsOf(info) <= FULL_TRIALS ? View.FULL : View.BASIC;
  }

  private async visible(): Promise<void> {
    if (document.visibilityState === "visible") return;
    await new Promise<void>((done) => {
      const check = () => {
        if (document.visibilityState === "hidden" && !this.abort.signal.aborted) return;
        document.removeEventListener("visibilitychange", check);
        done();
      };
      document.addEventListener("visibilitychange", check);
    });
  }
}

function isFinal(failure: ConnectError): boolean {
  return failure.code === Code.NotFound || failure.code === Code.Unauthenticated || failure.code === Code.PermissionDenied ||
    failure.code === Code.InvalidArgument || failure.code === Code.Unimplemented;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); done(); }, { once: true });
  });
}
