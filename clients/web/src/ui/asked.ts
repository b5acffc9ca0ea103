// What somebody else computes of a study: asked for anew as the study changes, but so rarely that it takes no more than a fiftieth of
// the time.
import { useEffect, useRef, useState } from "preact/hooks";

const LEAST = 1000; // ms between two questions
const SHARE = 50;

class Asking<T> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  private next = 0;
  private wanted = 0;
  private answered = 0;
  private closed = false;

  constructor(private readonly ask: () => Promise<T>, private readonly take: (answer: T) => void) {}

  // The study has this version now; 0: there is nothing to ask about yet.
  changed(version: number): void {
    this.wanted = version;
    this.plan();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private plan(): void {
    if (this.closed || this.asking || this.timer !== undefined || this.wanted === this.answered || this.wanted === 0) return;
    this.timer = setTimeout(() => void this.question(), Math.max(0, this.next - performance.now()));
  }

  private async question(): Promise<void> {
    this.timer = undefined;
    this.asking = true;
    const version = this.wanted;
    const begun = performance.now();
    try {
      const answer = await this.ask();
      if (!this.closed) this.take(answer);
    } catch {
      // What was answered last stays; the connection says elsewhere that it is lost. The next change asks again.
    }
    this.answered = version;
    this.next = performance.now() + Math.max(LEAST, SHARE * (performance.now() - begun));
    this.asking = false;
    this.plan();
  }
}

// `ask` must stay the same from one rendering to the next as long as the question does; undefined: there is none.
export function useAsked<T>(ask: (() => Promise<T>) | undefined, version: number, nothing: T): T {
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
  useEffect(() => asking.current?.changed(version), [ask, version]);
  return answer;
}
