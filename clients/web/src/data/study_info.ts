// What a study says of itself, in words.
import { Study_State, type Study } from "@parzen/client/gen/parzen/v1/parzen_pb.js";

export function ended(study: Study): number {
  const counts = study.counts;
  return counts === undefined ? 0 : Number(counts.complete + counts.pruned + counts.failed);
}

export function trialsOf(study: Study): number {
  return ended(study) + Number((study.counts?.waiting ?? 0n) + (study.counts?.running ?? 0n));
}

export function stateName(study: Study): string {
  return (Study_State[study.state] ?? "").toLowerCase();
}
