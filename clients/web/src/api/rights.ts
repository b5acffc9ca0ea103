// What the token may do to a study, as the server says it.
import { api } from "./transport.js";

export interface Rights {
  // Enqueue, stop, edit a trial's note.
  work: boolean;
  // Pause, resume, finish, edit the study's note.
  administer: boolean;
}

export const NONE: Rights = { work: false, administer: false };

export async function rightsOn(study: string): Promise<Rights> {
  try {
    const { role, studyPrefix } = await api.getServerInfo({});
    if (!study.startsWith(studyPrefix)) return NONE;
    return { work: role === "worker" || role === "admin", administer: role === "admin" };
  } catch {
    return NONE;
  }
}
