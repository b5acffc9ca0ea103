// The client against a server of its own making: what is sent, repeated and renewed.
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { Client, double, float, int, categorical, InvalidArgument, OutcomeDiffers, Unavailable } from "../src/index.js";
import { ErrorInfoSchema } from "../src/gen/parzen/v1/error_pb.js";
import { HeartbeatResponse_Answer, Optimizer, StudySchema, TrialSchema } from "../src/gen/parzen/v1/parzen_pb.js";

function clientOf(implementation: Partial<ServiceImpl<typeof Optimizer>>, timeout = 5): Client {
  const transport = createRouterTransport(({ service }) => service(Optimizer, implementation));
  return new Client("unused:1", { transport, timeout, worker: "w" });
}

const study = create(StudySchema, { name: "s", uid: 7n, directions: [1] });
const running = create(TrialSchema, { handle: { studyUid: 7n, number: 3n, attempt: 1 }, state: 2, leaseSeconds: 0.3 });

describe("createStudy", () => {
  test("sends the space as it was written", async () => {
    let sent: unknown;
    const client = clientOf({ createStudy: (request) => { sent = request; return study; } });
    await client.createStudy("s", {
      lr: float(1e-5, 1e-1, { log: true }), depth: int(1, 9, { step: 2 }), kernel: categorical(["rbf", 1, double(1), true, null]),
      gamma: float(0, 1, { when: { kernel: ["rbf"] } }),
    }, { sampler: "gp-ei", seed: 5, maxTrials: 9 });
    const { parameters } = (sent as { study: typeof study }).study.space!;
    expect(parameters.map((parameter) => parameter.name)).toEqual(["lr", "depth", "kernel", "gamma"]);
    expect(parameters[2].distribution?.kind.value).toMatchObject({ choices: [
      { kind: { case: "stringValue" } }, { kind: { case: "intValue", value: 1n } }, { kind: { case: "doubleValue", value: 1 } },
      { kind: { case: "boolValue", value: true } }, { kind: { case: "nullValue" } }] });
    expect(parameters[3].when).toMatchObject({ parent: "kernel", values: [{ kind: { value: "rbf" } }] });
    expect((sent as { study: typeof study }).study.sampler).toMatchObject({ kind: { case: "gpEi" }, seed: 5n });
  });

  test.each([[{ sampler: "tpo" }], [{ direction: "up" }], [{ direction: "minimize", directions: ["minimize"] }]])("refuses %o", async (options) => {
    await expect(clientOf({}).createStudy("s", {}, options as never)).rejects.toBeInstanceOf(InvalidArgument);
  });

  test("refuses an int that is none", () => {
    expect(() => int(0.5, 2)).toThrow(InvalidArgument);
  });
});

test("a call is repeated with the same request id while the server is unavailable", async () => {
  const ids: string[] = [];
  const client = clientOf({
    getStudy: () => study,
    ask: (request) => {
      ids.push(request.requestId);
      if (ids.length < 3) throw new ConnectError("shutting down", Code.Unavailable);
      return { trials: [running] };
    },
  });
  const trial = await (await client.study("s")).ask();
  expect(trial.number).toBe(3);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
  client.close();
});

test("after the timeout the server's last refusal is thrown", async () => {
  const client = clientOf({ getStudy: () => { throw new ConnectError("away", Code.Unavailable); } }, 0.3);
  await expect(client.study("s")).rejects.toBeInstanceOf(Unavailable);
});

test("an error carries code, reason and metadata", async () => {
  const info = toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { reason: "OUTCOME_DIFFERS", metadata: { field: "values" } }));
  const client = clientOf({ getStudy: () => {
    const error = new ConnectError("0.5 is recorded", Code.FailedPrecondition);
    error.details.push({ type: "google.rpc.ErrorInfo", value: info } as never);
    throw error;
  } });
  const error = await client.study("s").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OutcomeDiffers);
  expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "OUTCOME_DIFFERS", message: "0.5 is recorded" });
});

test("leases are renewed until the trial is told, and a lost one is noticed", async () => {
  let beats = 0;
  let answer = HeartbeatResponse_Answer.CONTINUE;
  const client = clientOf({
    getStudy: () => study, ask: () => ({ trials: [running] }), tell: () => ({ trials: [running] }),
    heartbeat: (request) => {
      ++beats;
      return { answers: request.trials.map(() => answer) };
    },
  });
  const one = await client.study("s");
  const trial = await one.ask();
  await expect.poll(() => beats, { timeout: 2000 }).toBeGreaterThanOrEqual(2);
  answer = HeartbeatResponse_Answer.STOP;
  await expect.poll(() => trial.stopRequested, { timeout: 2000 }).toBe(true);
  expect(trial.shouldPrune()).toBe(true);
  await trial.tell(1);
  const before = beats;
  const other = await one.ask();
  answer = HeartbeatResponse_Answer.LEASE_LOST;
  await expect.poll(() => other.leaseLost, { timeout: 2000 }).toBe(true);
  expect(beats).toBeGreaterThan(before);
  client.close();
});
