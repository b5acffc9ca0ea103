// tests/data/conformance/cases.json against a real parzend; tests/python/test_conformance.py runs the same cases.
import { describe, expect, test } from "vitest";
import cases from "../../../tests/data/conformance/cases.json" with { type: "json" };
import { categorical, Client, float, int, ParzenError, type ParameterDefinition, type Study, type Trial } from "../src/index.js";

const address = process.env.PARZEN_HTTP;

// The cases are data of many shapes.
type Json = any;

// Non-finite numbers are written as proto3 JSON has them.
const number = (value: Json): Json => (["NaN", "Infinity", "-Infinity"].includes(value) ? Number(value) : value);

function parameter(text: Json): ParameterDefinition {
  const options = { log: text.log, step: text.step, when: text.when };
  if (text.categorical !== undefined) return categorical(text.categorical, { when: text.when });
  return text.float !== undefined ? float(text.float[0], text.float[1], options) : int(text.int[0], text.int[1], options);
}

class Run {
  private readonly running = new Map<string, Trial>();

  constructor(private readonly study: Study) {}

  private trial(step: Json): Trial {
    return this.running.get(step.trial) as Trial;
  }

  async take(step: Json): Promise<void> {
    const { study } = this;
    switch (step.do as string) {
      case "ask": {
        const trial = await study.ask();
        this.running.set(step.as, trial);
        if (step.number !== undefined) expect(trial.number).toBe(step.number);
        if (step.params !== undefined) expect(trial.params).toMatchObject(step.params);
        if (step.exactly !== undefined) expect(trial.params).toEqual(step.exactly);
        break;
      }
      case "tell": await this.trial(step).tell(step.values?.map(number), step); break;
      case "report":
        await this.trial(step).report(number(step.value), step.step);
        expect(this.trial(step).shouldPrune()).toBe(step.prune ?? false);
        break;
      case "suggest": {
        const [low, high] = step.float ?? step.int ?? [];
        const value = step.categorical !== undefined ? await this.trial(step).suggestCategorical(step.name, step.categorical)
          : step.float !== undefined ? await this.trial(step).suggestFloat(step.name, low, high) : await this.trial(step).suggestInt(step.name, low, high);
        if (step.is !== undefined) expect(value).toBe(step.is);
        break;
      }
      case "pause": await study.pause(); break;
      case "resume": await study.resume(); break;
      case "finish": await study.finish(); break;
      case "stop": await study.stop(step.number); break;
      case "enqueue": await study.enqueue(step.params); break;
      case "import": await study.addTrial(step.params, step.values); break;
      case "states": expect((await study.trials()).map((trial) => trial.state)).toEqual(step.are); break;
      case "reason": expect((await study.trial(step.number)).reason).toBe(step.is); break;
      case "intermediate":
        expect([...(await study.trial(step.number)).intermediate]).toEqual(step.is.map(([at, value]: Json[]) => [at, number(value)]));
        break;
      case "front": expect((await study.bestTrials()).map((trial) => trial.number)).toEqual(step.is); break;
      case "best": expect(await study.bestTrial()).toMatchObject({ number: step.number, values: step.values.map(number) }); break;
      case "recommended": {
        const found = await study.recommendedTrials();
        expect(found.map((one) => [one.number, one.basis, one.expectedValues.length, one.standardDeviations.length]))
          .toEqual(step.numbers.map((at: number) => [at, step.basis, step.objectives, step.objectives]));
        if (step.expected !== undefined) expect(found.map((one) => [...one.expectedValues])).toEqual(step.expected);
        if (step.objectives === 1) expect((await study.recommendedTrial()).number).toBe(step.numbers[0]);
        break;
      }
      case "importances": {
        const found = await study.importances(step.objective);
        if (step.are !== undefined) expect(Object.fromEntries(found)).toEqual(step.are);
        if (step.first === undefined) break;
        expect([...found.keys()][0]).toBe(step.first);
        expect([...found.values()]).toEqual([...found.values()].sort((a, b) => b - a));
        expect([...found.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
        break;
      }
      default: throw new Error(`no such step: ${step.do}`);
    }
  }
}

describe.skipIf(address === undefined)("conformance", () => {
  const client = new Client(address ?? "");

  test.each(cases.map((one) => [one.name, one] as const))("%s", async (name, one: Json) => {
    const space = Object.fromEntries(Object.entries(one.study.space ?? {}).map(([key, text]) => [key, parameter(text)]));
    const run = new Run(await client.createStudy(`conformance ${process.pid}: ${name}`, space,
                                                 { sampler: one.study.sampler, seed: one.study.seed, directions: one.study.directions, maxTrials: one.study.max_trials }));
    for (const step of one.steps) {
      if (step.error === undefined) {
        await run.take(step);
        continue;
      }
      const refused = await run.take(step).then(() => undefined, (error: unknown) => error);
      expect(refused, JSON.stringify(step)).toBeInstanceOf(ParzenError);
      expect([(refused as ParzenError).code, (refused as ParzenError).reason]).toEqual(step.error);
    }
  });
});
