// The parts of a figure that are not drawn before somebody sees them: all of them are before its picture is saved.
import { createContext } from "preact";

export interface Part {
  // At once, seen or not.
  draw(): void;
  // It has yet to make what is to be drawn, as a part of its own.
  readonly empty: boolean;
}

// Timers alone would be ahead of what is drawn with the next frame.
const frame = (): Promise<void> => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

export class Parts {
  private readonly parts = new Set<Part>();

  // Returns what takes it away again.
  add(part: Part): () => void {
    this.parts.add(part);
    return () => void this.parts.delete(part);
  }

  async drawAll(): Promise<void> {
    for (let made = false; !made; ) {
      made = ![...this.parts].some((part) => part.empty);
      for (const part of [...this.parts]) part.draw();
      await frame();
    }
  }
}

export const FigureParts = createContext(new Parts());
