// When the page is drawn anew.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { coalesce } from "../src/ui/coalesce.js";

const FRAME = 16;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.stubGlobal("requestAnimationFrame", (call: () => void) => setTimeout(call, FRAME));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what changes after a pause is drawn at once, and what changes often together", () => {
  const drawn: number[] = [];
  const cost = 100;
  const begun = performance.now();
  const drawing = coalesce(() => {
    drawn.push(performance.now() - begun);
    vi.advanceTimersByTime(cost);
  });
  const wait = (milliseconds: number) => vi.advanceTimersByTime(milliseconds);
  drawing.request();
  wait(0);
  expect(drawn).toEqual([0]);
  wait(FRAME);
  for (let k = 0; k < 10; ++k) {
    drawing.request();
    wait(10);
  }
  expect(drawn.length).toBe(1);
  wait(3 * (cost + FRAME)); // in peace
  expect(drawn.length).toBe(2);
  wait(10_000);
  expect(drawn.length).toBe(2);
  drawing.request();
  wait(1);
  expect(drawn.length).toBe(3);
  drawing.request();
  drawing.cancel();
  wait(10_000);
  expect(drawn.length).toBe(3);
});
