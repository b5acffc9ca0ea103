// Makes calls with Connect's own clients and prints what came of each: for connect_clients.py.
//
//   node calls.mjs LIBRARY FORMAT URL < calls.json > answers.json
//
// LIBRARY: node (connect-node over HTTP/1.1) or web (connect-web over fetch). FORMAT: json or proto. A call is {method, request}, its
// answer {response} or {code, reason, message}; requests and responses are protobuf's bytes in base64. Of a stream the first message
// is the answer.
import { readFileSync } from "node:fs";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createConnectTransport as overNode } from "@connectrpc/connect-node";
import { createConnectTransport as overFetch } from "@connectrpc/connect-web";
import { ErrorInfoSchema } from "./gen/parzen/v1/error_pb.js";
import { Optimizer } from "./gen/parzen/v1/parzen_pb.js";

const [library, format, baseUrl] = process.argv.slice(2);
const options = { baseUrl, useBinaryFormat: format === "proto" };
const transport = library === "node" ? overNode({ ...options, httpVersion: "1.1" }) : overFetch(options);

async function* once(message) {
  yield message;
}

async function answer(method, request) {
  if (method.methodKind === "unary") {
    return (await transport.unary(method, undefined, undefined, undefined, request)).message;
  }
  const ended = new AbortController();
  const stream = await transport.stream(method, ended.signal, undefined, undefined, once(request));
  for await (const message of stream.message) {
    ended.abort();
    return message;
  }
  throw new Error("the stream had no message");
}

async function call({ method: name, request }) {
  const method = Optimizer.methods.find((each) => each.name === name);
  try {
    const response = await answer(method, fromBinary(method.input, Buffer.from(request, "base64")));
    return { response: Buffer.from(toBinary(method.output, response)).toString("base64") };
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const detail = error.details.find((each) => each.type === "google.rpc.ErrorInfo");
    const reason = detail === undefined ? "" : fromBinary(ErrorInfoSchema, detail.value).reason;
    return { code: Code[error.code], reason, message: error.rawMessage };
  }
}

const answers = [];
for (const each of JSON.parse(readFileSync(0, "utf8"))) answers.push(await call(each));
console.log(JSON.stringify(answers));
process.exit(0); // idle connections would keep it
