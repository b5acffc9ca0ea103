// The client against a real parzend, whose --http-listen PARZEN_HTTP names (tests/full/typescript.py starts one).
import { describe, expect, test } from "vitest";
import {
  AlreadyExists, categorical, Client, float, InvalidArgument, int, NotFound, OutcomeDiffers, Pruned, StudyFinished, StudyPaused,
} from "../src/index.js";

const address = process.env.PARZEN_HTTP;
const space = {
  lr: float(1e-5, 1e-1, { log: true }), depth: int(1, 8), kernel: categorical(["rbf", "poly", 3, null]),
  gamma: float(0, 1, { when: { kernel: ["rbf"] } }),
};
let count = 0;
const fresh = () => `ts-${process.pid}-${++count}`;

describe.skipIf(address === undefined)("a real server", () => {
  const client = new Client(address ?? "");

  test("ask, report, tell, best", async () => {
    const study = await client.createStudy(fresh(), space, { sampler: "random", seed: 1, existOk: true });
    const trial = await study.ask();
    expect(trial.number).toBe(0);
    expect(trial.params.lr).toBeGreaterThan(1e-6);
    expect("gamma" in trial.params).toBe(trial.params.kernel === "rbf");
    await trial.report(0.7, 3);
    expect(trial.shouldPrune()).toBe(false);
    const told = await trial.tell(0.25, { constraints: { mem: -1 }, metrics: { accuracy: 0.5 } });
    expect(told.state).toBe("complete");
    const read = await study.trial(0);
    expect(read).toMatchObject({ number: 0, state: "complete", value: 0.25, params: trial.params, worker: client.worker });
    expect([...read.intermediate]).toEqual([[3, 0.7]]);
    expect((await study.bestTrial())?.number).toBe(0);
    await expect(trial.tell(0.5)).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "OUTCOME_DIFFERS" });
    await expect(trial.tell(0.5)).rejects.toBeInstanceOf(OutcomeDiffers);
    await trial.tell(0.25);
  });

  test("a value that is not finite arrives as it is", async () => {
    const study = await client.createStudy(fresh(), { x: float(0, 1) }, { sampler: "random" });
    await (await study.ask()).tell(Infinity);
    expect((await study.trial(0)).value).toBe(Infinity);
    const nan = await (await study.ask()).tell(NaN);
    expect(nan.state).toBe("failed");
    expect(nan.reason).not.toBe("");
  });

  test("several are asked for, failed, pruned and preempted", async () => {
    const study = await client.createStudy(fresh(), space, { sampler: "random" });
    const [a, b, c] = await study.ask({ count: 3, lease: 60 });
    await a.tell(undefined, { state: "pruned" });
    await b.tell(undefined, { state: "failed", reason: "out of memory", infeasible: true });
    await c.tell(undefined, { preempted: true, reason: "node is drained" });
    const trials = await study.trials();
    expect(trials.map((trial) => trial.state)).toEqual(["pruned", "failed", "waiting"]);
    expect(trials[1].reason).toBe("out of memory");
    expect((await study.ask()).number).toBe(2);
  });

  test("enqueue, import, attributes, stop, explain", async () => {
    const study = await client.createStudy(fresh(), space, { sampler: "tpe", seed: 3 });
    const waiting = await study.enqueue({ lr: 0.001, kernel: 3, depth: 2 });
    expect(waiting).toMatchObject({ state: "waiting", params: { lr: 0.001, kernel: 3, depth: 2 } });
    const trial = await study.ask();
    expect(trial.params).toMatchObject({ lr: 0.001, kernel: 3, depth: 2 });
    await study.addTrials([[{ lr: 0.1, depth: 1, kernel: "poly" }, 0.5], [{ lr: 0.01, depth: 1, kernel: null }, 0.25]]);
    expect((await study.bestTrial())?.params.kernel).toBe(null);
    await trial.setUserAttr("note", { seen: [1, "two"] });
    expect((await study.trial(trial.number)).userAttrs).toEqual({ note: { seen: [1, "two"] } });
    await study.setUserAttr("owner", "me");
    expect(study.userAttrs()).toEqual({ owner: "me" });
    await study.stop(trial.number);
    await trial.report(1, 0);
    expect(trial.stopRequested).toBe(true);
    expect((await study.explain(trial.number)).groups.length).toBeGreaterThan(0);
  });

  test("define-by-run", async () => {
    const study = await client.createStudy(fresh());
    const trial = await study.ask();
    const lr = await trial.suggestFloat("lr", 1e-4, 1, { log: true });
    expect(await trial.suggestFloat("lr", 1e-4, 1, { log: true })).toBe(lr);
    const layers = await trial.suggestInt("layers", 1, 3);
    const act = await trial.suggestCategorical("act", ["relu", "tanh"]);
    expect(trial.params).toEqual({ lr, layers, act });
  });

  test("optimize runs trials at once, prunes, fails and ends with the study", async () => {
    const study = await client.createStudy(fresh(), { x: float(0, 1) }, { sampler: "random", maxTrials: 12 });
    let seen = 0;
    await study.optimize((trial) => {
      if (trial.number === 3) throw new Pruned();
      if (trial.number === 4) throw new RangeError("bad luck");
      return trial.params.x as number;
    }, { nJobs: 3, catch: [RangeError], callbacks: [() => ++seen] });
    const states = (await study.trials()).map((trial) => trial.state);
    expect(states).toHaveLength(12);
    expect([states[3], states[4]]).toEqual(["pruned", "failed"]);
    expect(seen).toBe(12);
    await expect(study.ask()).rejects.toBeInstanceOf(StudyFinished);
    await study.update({ maxTrials: 13 });
    await expect(study.optimize(() => { throw new TypeError("mine"); })).rejects.toThrow("mine");
  });

  test("watch shows each trial, and what changes then", async () => {
    const study = await client.createStudy(fresh(), { x: float(0, 1) }, { sampler: "random" });
    await (await study.ask()).tell(1);
    const seen: string[] = [];
    for await (const trial of study.watch()) {
      seen.push(`${trial.number} ${trial.state}`);
      if (seen.length === 1) void study.ask().then((next) => next.tell(2));
      if (trial.number === 1 && trial.state === "complete") break;
    }
    expect(seen[0]).toBe("0 complete");
    expect(seen.at(-1)).toBe("1 complete");
  });

  test("a deleted study ends its watch", async () => {
    const name = fresh();
    const study = await client.createStudy(name, { x: float(0, 1) }, { sampler: "random" });
    await (await study.ask()).tell(1);
    const watching = (async () => {
      for await (const trial of study.watch()) if (trial.number === 0) await client.deleteStudy(name);
    })();
    await expect(watching).rejects.toBeInstanceOf(NotFound);
  });

  test("refusals have their classes", async () => {
    const name = fresh();
    const study = await client.createStudy(name, space);
    await expect(client.createStudy(name, space)).rejects.toBeInstanceOf(AlreadyExists);
    await expect(client.study(`${name}-not`)).rejects.toMatchObject({ code: "NOT_FOUND", reason: "NO_SUCH_STUDY" });
    await expect(study.enqueue({ lr: 7 })).rejects.toBeInstanceOf(InvalidArgument);
    await study.pause();
    await expect(study.ask()).rejects.toBeInstanceOf(StudyPaused);
    await study.resume();
    await study.finish();
    expect((await client.studies()).map((one) => one.name)).toContain(name);
  });
});
