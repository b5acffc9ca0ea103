// The server's refusals, in the Python client's words: a class for each code, and for the reasons that programs act on. Every one has
// `code` (as gRPC spells it), `reason` (proto/parzen/v1/error.proto) and the server's message.
import { Code, ConnectError } from "@connectrpc/connect";
import { fromBinary } from "@bufbuild/protobuf";
import { ErrorInfoSchema } from "./gen/parzen/v1/error_pb.js";

export class ParzenError extends Error {
  // What the refusal names: "field", "difference", ...
  metadata: Record<string, string> = {};

  constructor(message: string, readonly code = "UNKNOWN", readonly reason = "") {
    super(message);
    this.name = new.target.name;
  }
}

export class InvalidArgument extends ParzenError {}
export class NotFound extends ParzenError {}
export class AlreadyExists extends ParzenError {}
export class PermissionDenied extends ParzenError {}
export class Unauthenticated extends ParzenError {}
export class Unavailable extends ParzenError {}
export class DeadlineExceeded extends ParzenError {}
export class ResourceExhausted extends ParzenError {}
export class Unimplemented extends ParzenError {}
export class Aborted extends ParzenError {}
export class LeaseLost extends Aborted {}
export class FailedPrecondition extends ParzenError {}
export class StudyFinished extends FailedPrecondition {}
export class StudyPaused extends FailedPrecondition {}
export class AllHandedOut extends FailedPrecondition {}
export class SpaceExhausted extends FailedPrecondition {}
export class OutcomeDiffers extends FailedPrecondition {}

// Thrown in an objective to prune the trial: study.optimize and Trial.run tell it so.
export class Pruned extends Error {
  constructor(message = "pruned") {
    super(message);
    this.name = "Pruned";
  }
}

type ErrorClass = new (message: string, code?: string, reason?: string) => ParzenError;

const BY_REASON: Record<string, ErrorClass> = {
  STUDY_FINISHED: StudyFinished, STUDY_PAUSED: StudyPaused, ALL_HANDED_OUT: AllHandedOut, SPACE_EXHAUSTED: SpaceExhausted,
  OUTCOME_DIFFERS: OutcomeDiffers, LEASE_LOST: LeaseLost,
};

const BY_CODE: Partial<Record<Code, ErrorClass>> = {
  [Code.InvalidArgument]: InvalidArgument, [Code.NotFound]: NotFound, [Code.AlreadyExists]: AlreadyExists,
  [Code.PermissionDenied]: PermissionDenied, [Code.Unauthenticated]: Unauthenticated, [Code.Unavailable]: Unavailable,
  [Code.DeadlineExceeded]: DeadlineExceeded, [Code.ResourceExhausted]: ResourceExhausted, [Code.Unimplemented]: Unimplemented,
  [Code.Aborted]: Aborted, [Code.FailedPrecondition]: FailedPrecondition,
};

// "InvalidArgument" -> "INVALID_ARGUMENT".
function codeName(code: Code): string {
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

function errorInfo(error: ConnectError): { reason: string; metadata: Record<string, string> } {
  for (const detail of error.details) {
    if ("type" in detail && detail.type === "google.rpc.ErrorInfo") {
      const info = fromBinary(ErrorInfoSchema, detail.value);
      return { reason: info.reason, metadata: info.metadata };
    }
  }
  return { reason: "", metadata: {} };
}

export function fromConnect(thrown: unknown): ParzenError {
  if (thrown instanceof ParzenError) return thrown;
  const error = ConnectError.from(thrown);
  // fetch says no more than that it failed.
  if (error.cause instanceof TypeError) return new Unavailable(`no Parzen server answers: ${error.rawMessage}`, "UNAVAILABLE");
  const { reason, metadata } = errorInfo(error);
  const made = new (BY_REASON[reason] ?? BY_CODE[error.code] ?? ParzenError)(error.rawMessage, codeName(error.code), reason);
  made.metadata = metadata;
  return made;
}
