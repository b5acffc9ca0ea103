// What somebody else computes of a study: asked for anew as trials are told, but so rarely that the answers take no more than a fiftieth of
// the time, or, while many trials are told, a five-hundredth: the server has other work then. Once fewer are, it is asked again soon.
import { useEffect, useRef, useState } from "preact/hooks";

const LEAST = 1000; // ms between two questions
const SHARE = 50;
const BUSY_SHARE = 500;
const BUSY = 10; // trials told a second
const QUIET = 2000; // ms without one, after which it is not busy any more

export class Asking<T> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  // How many trials had been told for the last answer, when that came, and how long it took.
  private answered = 0;
  private answeredAt = -Infinity;
  private took = 0;
  private told = 0;
  private closed = false;

  constructor(private readonly ask: () => Promise<T>, private readonly take: (answer: T) => void) {}

  // So many trials have been told; 0: there is nothing to ask about yet.
  changed(told: number): void {
    this.told = told;
    this.plan();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private plan(): void {
    if (this.closed || this.asking || this.told === this.answered || this.told === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.question(), Math.max(0, this.due() - performance.now()));
  }

  // When to ask, by performance.now().
  private due(): number {
    const soon = this.answeredAt + Math.max(LEAST, SHARE * this.took);
    const now = performance.now();
    const busy = (this.told - this.answered) * 1000 > BUSY * (now - this.answeredAt);
    if (!busy) return soon;
    return Math.max(soon, Math.min(now + QUIET, this.answeredAt + BUSY_SHARE * this.took));
  }

  private async question(): Promise<void> {
    this.timer = undefined;
    this.asking = true;
    const told = this.told;
    const begun = performance.now();
    try {
      const answer = await this.ask();
      if (!this.closed) this.take(answer);
    } catch {
      // What was answered last stays; the connection says elsewhere that it is lost. The next change asks again.
    }
    this.answered = told;
    this.answeredAt = performance.now();
    this.took = this.answeredAt - begun;
    this.asking = false;
    this.plan();
  }
}

// `ask` must stay the same from one rendering to the next as long as the question does; undefined: there is none. `told`: how many trials
// have been, 0: there is nothing to ask about yet.
export function useAsked<T>(ask: (() => Promise<T>) | undefined, told: number, nothing: T): T {
  const [answer, setAnswer] = useState(nothing);
  const asking = useRef<Asking<T>>();
  useEffect(() => {
    setAnswer(() => nothing);
    if (ask === undefined) return;
    const made = (asking.current = new Asking(ask, (found) => setAnswer(() => found)));
    return () => {
      made.close();
      asking.current = undefined;
    };
  }, [ask]);
  useEffect(() => asking.current?.changed(told), [ask, told]);
  return answer;
}
