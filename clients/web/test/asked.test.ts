// When the server is asked anew.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Asking } from "../src/ui/asked.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function ask(took: number): { asking: Asking<number>; times: number[]; answers: number[] } {
  const [times, answers, begun] = [[] as number[], [] as number[], performance.now()];
  const asking = new Asking(async () => {
    times.push(performance.now() - begun);
    await new Promise((done) => setTimeout(done, took));
    return times.length;
  }, (answer) => answers.push(answer));
  return { asking, times, answers };
}

test("a slow study asks with each trial, an expensive question more rarely", async () => {
  for (const [took, period] of [[5, 5000], [200, 10_000]]) {
    const { asking, times } = ask(took);
    for (let told = 1; told <= 10; ++told) {
      asking.changed(told);
      await vi.advanceTimersByTimeAsync(5000);
    }
    expect(times[0]).toBe(0);
    times.slice(1).forEach((time, k) => expect(time - times[k]).toBeGreaterThanOrEqual(period));
    expect(times.length).toBeGreaterThanOrEqual(took === 5 ? 10 : 5);
    asking.close();
  }
});

test("while many trials are told it is a five-hundredth of the time, and soon afterwards all of them count", async () => {
  const { asking, times, answers } = ask(20);
  for (let told = 1; told <= 30 * 20; ++told) {
    asking.changed(told);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(times.length).toBe(3); // at 0, 10 and 20 s
  await vi.advanceTimersByTimeAsync(2000);
  expect(times.length).toBe(4);
  expect(answers).toEqual([1, 2, 3, 4]);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(times.length).toBe(4);
});

test("a refusal is not repeated before something changes", async () => {
  let asked = 0;
  const asking = new Asking(() => {
    ++asked;
    return Promise.reject(new Error("no"));
  }, () => {});
  asking.changed(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
  asking.changed(2);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(2);
});
