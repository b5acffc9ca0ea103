// The connection to the server: the generated client over Connect, with the token that the user entered.
import { Code, ConnectError, createClient, type Client, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Optimizer } from "@parzen/client/gen/parzen/v1/parzen_pb.js";

const TOKEN_KEY = "parzen.token";

// The token lives as long as the tab, and is never a cookie: no other site can make the browser send it.
export function token(): string {
  return sessionStorage.getItem(TOKEN_KEY) ?? "";
}

export function setToken(value: string): void {
  if (value === "") sessionStorage.removeItem(TOKEN_KEY);
  else sessionStorage.setItem(TOKEN_KEY, value);
}

// Called when the server refuses a call for want of a valid token.
let onUnauthenticated: (message: string) => void = () => {};
export function whenUnauthenticated(listener: (message: string) => void): void {
  onUnauthenticated = listener;
}

// The server takes the token no more. Also for a stream that has begun, whose end no interceptor sees.
export function askForToken(failure: ConnectError): void {
  if (failure.code === Code.Unauthenticated) onUnauthenticated(failure.rawMessage);
}

const authorize: Interceptor = (next) => async (request) => {
  const value = token();
  if (value !== "") request.header.set("Authorization", `Bearer ${value}`);
  try {
    return await next(request);
  } catch (error) {
    const failure = ConnectError.from(error);
    askForToken(failure);
    throw failure;
  }
};

export const transport: Transport = createConnectTransport({
  baseUrl: location.origin,
  useBinaryFormat: true,
  interceptors: [authorize],
});

export const api: Client<typeof Optimizer> = createClient(Optimizer, transport);

// What to show for a failed call, or for input that did not even become a call.
export function messageOf(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  const failure = ConnectError.from(error);
  if (failure.cause instanceof TypeError) return "The server does not answer.";
  return failure.rawMessage === "" ? Code[failure.code] : failure.rawMessage;
}
