// What the token may do to a study. The server has no call that says so; it checks the role before it looks at a request, so a
// request that changes nothing because it is incomplete tells: PERMISSION_DENIED, or some other refusal.
import { Code, ConnectError } from "@connectrpc/connect";
import { api } from "./transport.js";

export interface Rights {
  // Enqueue, stop, edit a trial's note.
  work: boolean;
  // Pause, resume, finish, edit the study's note.
  administer: boolean;
}

export const NONE: Rights = { work: false, administer: false };

async function allowed(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    const code = ConnectError.from(error).code;
    return code === Code.InvalidArgument || code === Code.NotFound || code === Code.FailedPrecondition;
  }
}

export async function rightsOn(study: string, uid: bigint): Promise<Rights> {
  // No such trial; and a mask that names nothing.
  const work = allowed(() => api.stopTrial({ trial: { studyUid: uid, number: -1n, attempt: 1 } }));
  const administer = allowed(() => api.updateStudy({ study: { name: study, uid }, updateMask: { paths: [] } }));
  return { work: await work, administer: await administer };
}
