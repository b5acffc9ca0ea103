// The note of a study or a trial: its user attribute "note".
import type { Attribute } from "@parzen/client/gen/parzen/v1/parzen_pb.js";

export function noteOf(attributes: readonly Attribute[]): string {
  const json = attributes.find((attribute) => attribute.key === "note")?.json;
  if (json === undefined) return "";
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? value : json;
  } catch {
    return json;
  }
}

export function NoteText({ attributes }: { attributes: readonly Attribute[] }) {
  const text = noteOf(attributes);
  return text === "" ? null : <p class="notetext" data-testid="note">{text}</p>;
}
