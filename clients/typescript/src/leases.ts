// Keeps the leases of running trials: one heartbeat for all that are due, at a third of each lease.
import type { Connection } from "./connection.js";
import { HeartbeatResponse_Answer as Answer, type TrialHandle } from "./gen/parzen/v1/parzen_pb.js";

export interface Leased {
  readonly handle: TrialHandle;
  readonly lease: number; // seconds
  leaseLost: boolean;
  stopRequested: boolean;
}

const MOST_PER_CALL = 1000;

export class Leases {
  private readonly due = new Map<Leased, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(private readonly connection: Connection, private readonly worker: string) {}

  keep(trial: Leased): void {
    if (this.closed) return;
    this.due.set(trial, Date.now() + (trial.lease * 1000) / 3);
    this.schedule();
  }

  release(trial: Leased): void {
    this.due.delete(trial);
    if (this.due.size === 0) this.stop();
  }

  close(): void {
    this.closed = true;
    this.due.clear();
    this.stop();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(): void {
    this.stop();
    if (this.due.size === 0) return;
    const next = Math.min(...this.due.values());
    this.timer = setTimeout(() => void this.beat(), Math.max(50, next - Date.now()));
    // A Node program that has nothing else to do may end.
    (this.timer as unknown as { unref?: () => void }).unref?.();
  }

  private async beat(): Promise<void> {
    const now = Date.now();
    const trials = [...this.due].filter(([, due]) => due <= now + 100).map(([trial]) => trial).slice(0, MOST_PER_CALL);
    for (const trial of trials) this.due.set(trial, now + (trial.lease * 1000) / 3);
    try {
      const response = await this.connection.stub.heartbeat({ worker: this.worker, trials: trials.map((trial) => trial.handle) },
                                                            { timeoutMs: 10_000 });
      response.answers.forEach((answer, k) => {
        const trial = trials[k];
        if (answer === Answer.LEASE_LOST) {
          trial.leaseLost = true;
          this.due.delete(trial);
        } else if (answer === Answer.STOP) {
          trial.stopRequested = true;
        }
      });
    } catch {
      // The server is away: two more heartbeats fit into the lease.
      for (const trial of trials) if (this.due.has(trial)) this.due.set(trial, Date.now() + Math.min(1000, (trial.lease * 1000) / 10));
    }
    this.schedule();
  }
}
