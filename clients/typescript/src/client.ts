// The connection to a server, and its studies.
import { Connection, requestId, type Options } from "./connection.js";
import { InvalidArgument } from "./errors.js";
import { Direction, type SamplerConfig } from "./gen/parzen/v1/parzen_pb.js";
import { Leases } from "./leases.js";
import { toParameters, type ParameterDefinition } from "./space.js";
import { Study } from "./study.js";

export interface StudyOptions {
  // One objective: "minimize" (the default) or "maximize"; `directions` for several.
  direction?: "minimize" | "maximize";
  directions?: readonly ("minimize" | "maximize")[];
  metricNames?: readonly string[];
  // Default: the server chooses, depending on the space and the number of trials. An object is a SamplerConfig's `kind`.
  sampler?: "random" | "qmc" | "tpe" | "gp-ei" | SamplerConfig["kind"];
  seed?: number | bigint;
  // The same definition returns the study that exists.
  existOk?: boolean;
  maxTrials?: number;
  maxRetries?: number;
  allowRepeats?: boolean;
}

const SAMPLERS: Record<string, "random" | "qmc" | "tpe" | "gpEi"> = { random: "random", qmc: "qmc", tpe: "tpe", "gp-ei": "gpEi" };

function directionOf(name: string): Direction {
  if (name === "minimize") return Direction.MINIMIZE;
  if (name === "maximize") return Direction.MAXIMIZE;
  throw new InvalidArgument(`direction: is ${JSON.stringify(name)}; accepted: minimize, maximize`, "INVALID_ARGUMENT", "BAD_FIELD");
}

function samplerOf({ sampler, seed }: StudyOptions): object | undefined {
  if (sampler === undefined && seed === undefined) return undefined;
  if (typeof sampler === "string" && !(sampler in SAMPLERS)) {
    throw new InvalidArgument(`sampler: is ${JSON.stringify(sampler)}; accepted: ${Object.keys(SAMPLERS).join(", ")}`, "INVALID_ARGUMENT", "BAD_FIELD");
  }
  const kind = typeof sampler === "string" ? { case: SAMPLERS[sampler], value: {} } : sampler;
  return { kind, seed: seed === undefined ? undefined : BigInt(seed) };
}

// Safe to share between concurrent calls. Close it when done: it holds the leases of its running trials.
export class Client {
  readonly worker: string;
  private readonly connection: Connection;
  private readonly leases: Leases;

  // The address as HOST:PORT or URL of the server's --http-listen.
  constructor(address: string, options: Options = {}) {
    this.worker = options.worker ?? `js-${requestId().slice(0, 8)}`;
    this.connection = new Connection(address, options);
    this.leases = new Leases(this.connection, this.worker);
  }

  // Without a space the study is define-by-run: parameters appear as they are suggested.
  async createStudy(name: string, space: Record<string, ParameterDefinition> = {}, options: StudyOptions = {}): Promise<Study> {
    if (options.direction !== undefined && options.directions !== undefined) {
      throw new InvalidArgument("directions: given beside direction; accepted: one of them", "INVALID_ARGUMENT", "BAD_FIELD");
    }
    const request = {
      requestId: requestId(),
      existOk: options.existOk ?? false,
      study: {
        name,
        directions: (options.directions ?? [options.direction ?? "minimize"]).map(directionOf),
        metricNames: [...(options.metricNames ?? [])],
        space: { parameters: toParameters(space) },
        sampler: samplerOf(options) as never,
        maxTrials: options.maxTrials === undefined ? undefined : BigInt(options.maxTrials),
        maxRetries: options.maxRetries,
        allowRepeats: options.allowRepeats,
      },
    };
    return this.wrap(await this.connection.run((stub, call) => stub.createStudy(request, call)));
  }

  async study(name: string): Promise<Study> {
    return this.wrap(await this.connection.run((stub, call) => stub.getStudy({ study: name }, call)));
  }

  // In the order of their names.
  async studies(): Promise<Study[]> {
    const found: Study[] = [];
    let pageToken = "";
    do {
      const request = { pageSize: 1000, pageToken };
      const page = await this.connection.run((stub, call) => stub.listStudies(request, call));
      found.push(...page.studies.map((study) => this.wrap(study)));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return found;
  }

  async deleteStudy(name: string): Promise<void> {
    const request = { requestId: requestId(), study: name };
    await this.connection.run((stub, call) => stub.deleteStudy(request, call));
  }

  // Running trials are left to their leases.
  close(): void {
    this.leases.close();
  }

  private wrap(message: ConstructorParameters<typeof Study>[3]): Study {
    return new Study(this.connection, this.leases, this.worker, message);
  }
}
