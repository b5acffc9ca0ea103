// Pausing, resuming and finishing a study.
import { Study_State, type Study } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { api } from "../api/transport.js";
import { Act } from "./act.js";
import { requestId } from "./request.js";

export function StudyActs({ study, onError }: { study: Study; onError(message: string): void }) {
  const to = (state: Study_State) => () => api.updateStudy({
    requestId: requestId(),
    study: { name: study.name, uid: study.uid, state },
    updateMask: { paths: ["state"] },
  });
  return (
    <>
      {study.state === Study_State.ACTIVE && <Act text="Pause" testId="act-pause" act={to(Study_State.PAUSED)} onError={onError} />}
      {study.state !== Study_State.ACTIVE && <Act text="Resume" testId="act-resume" act={to(Study_State.ACTIVE)} onError={onError} />}
      {study.state !== Study_State.FINISHED && (
        <Act text="Finish" testId="act-finish" act={to(Study_State.FINISHED)} onError={onError}
             sure={`Finish the study "${study.name}"? No more trials are handed out; running ones may still be told.`} />
      )}
    </>
  );
}
