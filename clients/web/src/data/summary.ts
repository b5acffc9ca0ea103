// What the list of studies shows of each: the best so far and the rate, from the trials that changed since it last looked.
import { Trial_State, View, type Study, type Trial } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { api } from "../api/transport.js";

// The sparkline reads at most this many trials of a study; beyond them only the best trial and the rate are kept up to date.
const MOST_TRIALS = 5000;
const PAGE = 1000;
const RECENT = 5 * 60_000; // ms over which the rate is taken

export class Summary {
  // Best so far, one entry an improvement.
  readonly best: number[] = [];
  bestNumber: number | undefined;
  private readonly ends: number[] = [];
  private revision = 0n;
  private read = 0;
  private busy = false;

  constructor(readonly uid: bigint) {}

  // Reads on from the last revision. Returns whether anything is new.
  async update(study: Study): Promise<boolean> {
    if (this.busy || study.revision <= this.revision) return false;
    this.busy = true;
    try {
      if (this.read >= MOST_TRIALS || study.revision - this.revision > BigInt(MOST_TRIALS) * 4n) await this.catchUp(study);
      else await this.readOn(study);
      return true;
    } finally {
      this.busy = false;
    }
  }

  // Trials a minute, over the last five minutes.
  rate(): number {
    const now = Date.now();
    while (this.ends.length > 0 && this.ends[0] < now - RECENT) this.ends.shift();
    if (this.ends.length < 2) return this.ends.length / (RECENT / 60_000);
    return (this.ends.length * 60_000) / Math.max(1000, now - this.ends[0]);
  }

  private async readOn(study: Study): Promise<void> {
    let pageToken = "";
    do {
      const page = await api.listTrials({ study: study.name, pageSize: PAGE, pageToken, view: View.BASIC, changedAfter: this.revision });
      for (const trial of page.trials) this.take(study, trial);
      this.read += page.trials.length;
      pageToken = page.nextPageToken;
      if (pageToken === "") this.revision = page.revision;
    } while (pageToken !== "" && this.read < MOST_TRIALS);
    if (pageToken !== "") this.revision = study.revision;
  }

  // The history is too long to read it all here: the newest changes for the rate, and the best as the server knows it.
  private async catchUp(study: Study): Promise<void> {
    const after = study.revision - BigInt(PAGE);
    const from = after > this.revision ? after : this.revision;
    const page = await api.listTrials({ study: study.name, pageSize: PAGE, view: View.BASIC, changedAfter: from });
    for (const trial of page.trials) this.take(study, trial);
    this.read += page.trials.length;
    this.revision = study.revision;
    if (study.directions.length > 1) return;
    const answer = await api.bestTrials({ study: study.name, view: View.BASIC, pageSize: 1 });
    for (const trial of answer.trials) this.take(study, trial);
  }

  private take(study: Study, trial: Trial): void {
    const finished = trial.finishTime === undefined ? NaN : Number(trial.finishTime.seconds) * 1000 + trial.finishTime.nanos / 1e6;
    const last = this.ends.at(-1) ?? 0;
    if (finished > Date.now() - RECENT && !trial.imported) this.ends.push(Math.max(last, finished));
    if (trial.state !== Trial_State.COMPLETE || study.directions.length > 1) return;
    if (trial.constraints.some((constraint) => !(constraint.value <= 0))) return;
    const sign = study.directions[0] === 2 ? -1 : 1;
    const best = this.best.at(-1);
    const value = trial.values[0];
    if (value !== undefined && (best === undefined || value * sign < best * sign)) {
      this.best.push(value);
      this.bestNumber = Number(trial.handle?.number ?? 0n);
    }
  }
}
