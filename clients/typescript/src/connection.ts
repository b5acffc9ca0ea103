// Calls to the server: repeated with the same request id while it is unavailable, until the timeout.
import { createClient, type CallOptions, type Client as Stub, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { DeadlineExceeded, fromConnect, Unavailable, type ParzenError } from "./errors.js";
import { Optimizer } from "./gen/parzen/v1/parzen_pb.js";

export interface Options {
  // Sent as `Authorization: Bearer`.
  token?: string;
  // Who asks; default: a random name.
  worker?: string;
  // Seconds for a whole call, repeats included. Default 30.
  timeout?: number;
  // Instead of Connect over fetch: for tests, or gRPC by @connectrpc/connect-node.
  transport?: Transport;
}

const FIRST_PAUSE = 0.1; // seconds
const LONGEST_PAUSE = 2;

// Node 18 has it in a module only, which a browser has not: hence a name that no bundler follows.
const nodeCrypto = "node:crypto";
const random: Crypto = globalThis.crypto ?? ((await import(/* @vite-ignore */ nodeCrypto)) as { webcrypto: Crypto }).webcrypto;

export function requestId(): string {
  const bytes = random.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export const pause = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, seconds * 1000));

export class Connection {
  readonly stub: Stub<typeof Optimizer>;
  readonly timeout: number;

  constructor(address: string, options: Options) {
    this.timeout = options.timeout ?? 30;
    const authorize: Interceptor = (next) => (request) => {
      if (options.token !== undefined) request.header.set("Authorization", `Bearer ${options.token}`);
      return next(request);
    };
    const baseUrl = /^https?:\/\//.test(address) ? address : `http://${address}`;
    this.stub = createClient(Optimizer, options.transport ?? createConnectTransport({ baseUrl, useBinaryFormat: true, interceptors: [authorize] }));
  }

  // `call` has its request id already, so that it can be repeated.
  async run<T>(call: (stub: Stub<typeof Optimizer>, options: CallOptions) => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.timeout * 1000;
    let last: ParzenError | undefined;
    for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
      const left = deadline - Date.now();
      if (left <= 0) throw last ?? new DeadlineExceeded(`no answer within ${this.timeout} s`, "DEADLINE_EXCEEDED");
      try {
        return await call(this.stub, { timeoutMs: left });
      } catch (error) {
        last = fromConnect(error);
        if (!(last instanceof Unavailable)) throw last;
        await pause(Math.min(wait * (0.5 + Math.random() / 2), Math.max(0, (deadline - Date.now()) / 1000)));
      }
    }
  }
}
