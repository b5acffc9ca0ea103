// What the page computes from a study's trials.
import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { GetImportancesResponseSchema, RecommendTrialsResponse_Basis, RecommendTrialsResponseSchema, StudySchema, TrialSchema, Trial_State } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { bestSoFar, paretoFront } from "../src/data/best.js";
import { Brush } from "../src/data/brush.js";
import { showNumber, studyPath, trialPath } from "../src/data/format.js";
import { importancesFrom } from "../src/data/importances.js";
import { recommendedFrom } from "../src/data/recommended.js";
import { Flag, State, StudyData } from "../src/data/study_data.js";
import { choiceLetters, padded, shorten, ticksOf, tickTexts } from "../src/plots/axis.js";
import { logarithmic } from "../src/plots/context.js";
import { dotsSpec } from "../src/plots/scatter.js";
import { linearTicks, logTicks } from "../src/plots/ticks.js";
import { csvText } from "../src/plots/save.js";
import { filterRows, sortRows } from "../src/table/filter.js";
import { parseRoute } from "../src/ui/router.js";

type TrialInit = MessageInitShape<typeof TrialSchema>;

function trialBytes(number: number, trial: TrialInit): Uint8Array {
  return toBinary(TrialSchema, create(TrialSchema, { handle: { studyUid: 1n, number: BigInt(number), attempt: 1 }, state: Trial_State.COMPLETE, ...trial } as TrialInit));
}

const lr = (value: number) => ({ name: "lr", value: { kind: { case: "doubleValue" as const, value } } });
const kernel = (value: string) => ({ name: "kernel", value: { kind: { case: "stringValue" as const, value } } });

function studyOf(trials: TrialInit[], directions = [1]): StudyData {
  const study = new StudyData();
  study.describe(create(StudySchema, { name: "s", directions, space: { parameters: [
    { name: "lr", distribution: { kind: { case: "float", value: { low: 1e-5, high: 1, log: true } } } },
    { name: "kernel", distribution: { kind: { case: "categorical", value: { choices: [
      { kind: { case: "stringValue", value: "rbf" } }, { kind: { case: "stringValue", value: "poly" } }] } } } },
  ] } }));
  study.apply(trials.map((trial, number) => trialBytes(number, trial)));
  return study;
}

describe("columns", () => {
  test("keep what a trial's bytes say", () => {
    const study = studyOf([
      { params: [lr(0.25), kernel("poly")], values: [-0], worker: "gpu", enqueued: true, startTime: { seconds: 5n, nanos: 500_000_000 } },
      { params: [kernel("rbf")], state: Trial_State.FAILED, constraints: [{ name: "mem", value: 2 }] },
      { values: [Infinity], intermediateValues: [{ step: 0n, value: 1 }, { step: 7n, value: NaN }] },
    ]);
    const [rate, choice] = study.params;
    expect([0, 1, 2].map((row) => rate.values.get(row))).toEqual([0.25, NaN, NaN]);
    expect([0, 1, 2].map((row) => choice.show(choice.values.get(row)))).toEqual(["poly", "rbf", ""]);
    expect(Object.is(study.values[0].get(0), -0)).toBe(true);
    expect(study.started.get(0)).toBe(5500);
    expect(study.workerName(0)).toBe("gpu");
    expect(study.flags.get(0)).toBe(Flag.enqueued);
    expect(study.flags.get(1)).toBe(Flag.infeasible);
    expect(study.curves.get(2)).toEqual({ steps: [0, 7], values: [1, NaN] });
    expect([0, 1, 2].map((row) => study.isDrawable(row))).toEqual([true, false, false]);
  });

  test("remember the attempts before the present one", () => {
    const study = studyOf([{ state: Trial_State.RUNNING, worker: "a", startTime: { seconds: 1n } }]);
    study.apply([trialBytes(0, { state: Trial_State.RUNNING, worker: "b", startTime: { seconds: 9n }, handle: { number: 0n, attempt: 2 } })]);
    expect(study.earlier.get(0)).toEqual([{ worker: 1, started: 1000, ended: 9000 }]);
  });

  test("a define-by-run study's numbers become choices once their distribution is known", () => {
    const study = new StudyData();
    study.describe(create(StudySchema, { name: "s" }));
    study.apply([trialBytes(0, { params: [{ name: "batch", value: { kind: { case: "intValue", value: 32n } } }] })]);
    study.learn("batch", create(TrialSchema, { params: [{ distribution: { kind: { case: "categorical", value: { choices: [
      { kind: { case: "intValue", value: 16n } }, { kind: { case: "intValue", value: 32n } }] } } } }] }).params[0].distribution!);
    expect(study.params[0].show(study.params[0].values.get(0))).toBe("32");
    expect(study.params[0].kind).toBe("categorical");
  });

  test("a choice that JavaScript's numbers cannot hold is the one that was declared", () => {
    const choices = [2n ** 53n, 2n ** 53n + 1n].map((value) => ({ kind: { case: "intValue" as const, value } }));
    const study = new StudyData();
    study.describe(create(StudySchema, { name: "s", space: { parameters: [
      { name: "big", distribution: { kind: { case: "categorical", value: { choices } } } }] } }));
    study.apply([trialBytes(0, { params: [{ name: "big", value: choices[1] }] })]);
    expect(study.params[0].choices).toEqual(["9007199254740992", "9007199254740993"]);
    expect(study.params[0].values.get(0)).toBe(1);
  });

  test("count their trials by state; before all are read, the server does", () => {
    const study = new StudyData();
    study.describe(create(StudySchema, { name: "s", counts: { running: 1n, complete: 2n } }));
    const counts = () => [State.waiting, State.running, State.complete, State.failed].map((state) => study.counted(state));
    study.apply([trialBytes(0, {})]);
    expect(counts()).toEqual([0, 1, 2, 0]);
    study.apply([trialBytes(1, {}), trialBytes(2, { state: Trial_State.RUNNING })]);
    expect(counts()).toEqual([0, 1, 2, 0]);
    study.apply([trialBytes(2, { state: Trial_State.FAILED }), trialBytes(3, { state: Trial_State.WAITING })]);
    expect(counts()).toEqual([1, 0, 2, 1]);
  });
});

describe("the best", () => {
  test("improves strictly, and skips what is infeasible or has not ended well", () => {
    const study = studyOf([{ values: [3] }, { values: [3] }, { values: [1], constraints: [{ name: "c", value: 1 }] },
                           { values: [2], state: Trial_State.PRUNED }, { values: [2.5] }]);
    expect(bestSoFar(study)).toEqual({ numbers: [0, 4], values: [3, 2.5] });
  });

  test("is the largest where that is wanted", () => {
    expect(bestSoFar(studyOf([{ values: [1] }, { values: [4] }], [2]))).toEqual({ numbers: [0, 1], values: [1, 4] });
  });

  test.each([2, 3])("front of %i objectives is that of a comparison of all pairs", (objectives) => {
    const directions = [1, 2, 1].slice(0, objectives);
    let seed = 1;
    const random = () => (seed = (seed * 16807) % 2147483647) % 7; // ties and twins included
    const points = Array.from({ length: 120 }, () => directions.map(random));
    const study = studyOf(points.map((values) => ({ values })), directions);
    const losses = points.map((values) => values.map((value, k) => (directions[k] === 2 ? -value : value)));
    const dominated = (a: number[]) => losses.some((b) => b.every((value, k) => value <= a[k]) && b.some((value, k) => value < a[k]));
    expect(paretoFront(study)).toEqual(losses.flatMap((point, number) => (dominated(point) ? [] : [number])));
  });
});

test("what the server computes is taken as it says", () => {
  const recommendation = { trials: [{ handle: { number: 7n } }], expected: [{ means: [0.5], deviations: [0.1] }] };
  const from = (basis: RecommendTrialsResponse_Basis) => recommendedFrom(create(RecommendTrialsResponseSchema, { ...recommendation, basis }));
  expect(from(RecommendTrialsResponse_Basis.MODEL)).toEqual({ row: 7, mean: 0.5, deviation: 0.1 });
  expect(from(RecommendTrialsResponse_Basis.TOLD_VALUES)).toBeUndefined(); // what the best value says already
  const importances = (more: object) => importancesFrom(create(GetImportancesResponseSchema, { shares: [{ parameter: "lr", share: 1 }], ...more }));
  expect(importances({ complete: 5n, used: 5n })).toEqual({ shares: [{ name: "lr", share: 1 }], note: "" });
  expect(importances({ complete: 200_000n, used: 100_000n }).note).toBe("computed from 100000 of 200000 complete trials");
  expect(importances({ note: "nothing" }).note).toBe("nothing");
});

test("a brush selects what lies in all of its ranges", () => {
  const study = studyOf([{ params: [lr(0.1)], values: [1] }, { params: [lr(0.01)], values: [2] }, { params: [], values: [1.5] }]);
  const brush = new Brush();
  expect(brush.selected(study)).toBeUndefined();
  brush.set({ "value:0": [0.5, 1.7], "param:lr": [0.05, 1] });
  expect(Array.from(brush.selected(study)!.subarray(0, 3))).toEqual([1, 0, 0]);
  brush.set({ "param:lr": undefined });
  expect(brush.count(study)).toBe(2);
});

test("the table filters and sorts; what has no value comes last either way", () => {
  const study = studyOf([{ params: [lr(0.1), kernel("rbf")], values: [3] }, { params: [lr(0.01), kernel("poly")], state: Trial_State.FAILED },
                         { params: [lr(0.2), kernel("rbf")], values: [1], worker: "gpu-1" }]);
  const rows = (filter: string) => Array.from(filterRows(study, filter, undefined));
  expect(rows("lr>=0.1 kernel=rb")).toEqual([0, 2]);
  expect(rows("state!=failed value<2")).toEqual([2]);
  expect(rows("GPU")).toEqual([2]);
  expect(rows("0")).toEqual([0]);
  expect(Array.from(sortRows(study, filterRows(study, "", undefined), "value", false))).toEqual([2, 0, 1]);
  expect(Array.from(sortRows(study, filterRows(study, "", undefined), "value", true))).toEqual([0, 2, 1]);
  expect(Array.from(sortRows(study, filterRows(study, "", undefined), "kernel", false))).toEqual([1, 0, 2]);
});

test("columns of one name are told apart", () => {
  const text = (name: string, value: string) => ({ name, value: { kind: { case: "stringValue" as const, value } } });
  const number = (name: string, value: number) => ({ name, value: { kind: { case: "doubleValue" as const, value } } });
  const study = studyOf([
    { params: [text("state", "solid"), number("trial", 7), number("learning rate", 0.1), number("a<b", 1)], values: [2] },
    { params: [text("state", "complete"), number("trial", 3), number("learning rate", 0.2), number("a<b", 2)], values: [1] },
  ]);
  const rows = (filter: string) => Array.from(filterRows(study, filter, undefined));
  expect(rows("state=complete")).toEqual([0, 1]);
  expect(rows("param:state=complete")).toEqual([1]);
  expect(rows("param:trial>5 value:0>1")).toEqual([0]);
  expect(rows('"learning rate">0.15')).toEqual([1]);
  expect(rows('"learning rate"<0.15 a<b=1')).toEqual([0]);
  expect(rows("a<b>1")).toEqual([1]);
  expect(Array.from(sortRows(study, filterRows(study, "", undefined), "param:trial", false))).toEqual([1, 0]);
  expect(Array.from(sortRows(study, filterRows(study, "", undefined), "trial", false))).toEqual([0, 1]);
});

test("addresses of studies with any name", () => {
  const names = [".", "..", "~.", "~..", "~~..", "~", "...", "<script>alert(1)</script>", "%2E%2E", "ein 🦆/\u202e\n", "?a=b#c", "__proto__"];
  for (const name of names) {
    const address = new URL(studyPath(name), "http://127.0.0.1:7080/");
    expect(parseRoute(address.pathname)).toEqual({ page: "study", name });
    expect(parseRoute(new URL(trialPath(name, 3), address).pathname)).toEqual({ page: "trial", name, number: 3 });
  }
  expect(parseRoute(trialPath("a/b c%", 7))).toEqual({ page: "trial", name: "a/b c%", number: 7 });
  expect(parseRoute("/studies/%")).toEqual({ page: "unknown" });
  expect(parseRoute("/studies/x/trials/-1")).toEqual({ page: "unknown" });
});

test("ticks", () => {
  expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(linearTicks(1, 8, 20, 1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(logTicks(1e-5, 1e-1, 5)).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 1e-1]);
  expect(logTicks(2, 9, 5)).toEqual([2, 3, 5, 7]);
  expect(linearTicks(1, 8, 2, 1)).toEqual([2, 4, 6, 8]); // not 5 alone
  expect(linearTicks(3, 3.5, 2, 1)).toEqual([3]);
});

test("texts of ticks can be told apart, and choices do not run into each other", () => {
  const axis = { label: "x", kind: "linear" as const, range: [0, 1] as [number, number] };
  expect(tickTexts(axis, [0.1234567, 0.1234568])).toEqual(["0.1234567", "0.1234568"]);
  expect(tickTexts(axis, [0, 0.5])).toEqual(["0", "0.5"]);
  const choices = { ...axis, kind: "choices" as const, choices: ["a rather long choice", "b", "c", "d"] };
  expect(ticksOf(choices, -0.5, 3.5, 120, 64, true)).toEqual([0, 2]);
  expect(ticksOf(choices, -0.5, 3.5, 250, 64, true)).toEqual([0, 1, 2, 3]);
  expect(tickTexts(choices, [0, 1], choiceLetters(choices, 250))).toEqual(["a rat…", "b"]);
  expect(shorten("🦆🦆🦆🦆🦆", 4)).toBe("🦆🦆🦆…");
  expect(shorten("🦆🦆🦆🦆", 4)).toBe("🦆🦆🦆🦆");
  expect(ticksOf(choices, -0.5, 3.5, 250, 36)).toEqual([0, 1, 2, 3]);
});

test("an axis may be as wide as numbers are", () => {
  const [low, high] = padded(1e-300, 1e300, "log");
  expect(low).toBeGreaterThan(0);
  expect(Number.isFinite(high)).toBe(true);
  expect(low).toBeLessThan(1e-300);
  const ticks = logTicks(low, high, 5);
  expect(ticks.length).toBeGreaterThan(3);
  expect(ticks.length).toBeLessThan(9);
  expect(linearTicks(-Number.MAX_VALUE / 2, Number.MAX_VALUE / 2, 5).length).toBeGreaterThan(2);
  const [from, to] = padded(-Number.MAX_VALUE, Number.MAX_VALUE, "linear");
  expect(Number.isFinite(to - from)).toBe(true);
  expect(linearTicks(from, to, 5).length).toBeGreaterThan(2);
  expect(padded(Number.MAX_VALUE, Number.MAX_VALUE, "linear").every(Number.isFinite)).toBe(true);
  expect(logarithmic(studyOf([{ state: Trial_State.FAILED }]), 0, [])).toEqual({ possible: false, helps: false });
});

test("plots follow a study on the axes that they have", () => {
  const study = studyOf([{ values: [1] }, { values: [3] }]);
  const spec = dotsSpec({ study, rows: study.drawable(), x: { label: "", kind: "linear", range: [0, 9] }, xOf: (row) => row,
                          y: { label: "", kind: "linear", range: [0, 9] }, yOf: (row) => study.values[0].get(row),
                          color: () => "#000000", describe: String, open: () => {} });
  const shape = study.shape;
  study.apply([trialBytes(2, { values: [2] }), trialBytes(3, { state: Trial_State.RUNNING }), trialBytes(0, { values: [1] })]);
  spec.follow?.();
  expect(spec.marks).toBe(3);
  expect(study.shape).toBe(shape);
  study.apply([trialBytes(3, { values: [0.5] })]);
  spec.follow?.();
  expect(spec.marks).toBe(4);
  expect(study.shape).toBe(shape + 1); // a new best
  expect(Array.from(study.changedSince(study.logged - 1))).toEqual([3]);
});

test("numbers and CSV", () => {
  expect([0.1 + 0.2, 1e-7, 123456789, -Infinity].map(showNumber)).toEqual(["0.3", "1e-7", "1.235e8", "-Infinity"]);
  expect(csvText([["a,b", 'say "x"'], [0.1 + 0.2, -0]])).toBe('"a,b","say ""x"""\r\n0.30000000000000004,0\r\n');
});
