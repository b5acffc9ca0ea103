// A note, to be edited by whoever may.
import { useState } from "preact/hooks";
import type { Attribute } from "@parzen/client/gen/parzen/v1/parzen_pb.js";
import { noteOf, NoteText } from "../ui/note_text.js";
import { Act } from "./act.js";

interface Props {
  attributes: readonly Attribute[];
  editable: boolean;
  // Sets the attribute to this JSON; "" removes it.
  save(json: string): Promise<unknown>;
  onError(message: string): void;
}

export function Note({ attributes, editable, save, onError }: Props) {
  const kept = noteOf(attributes);
  const [draft, setDraft] = useState<string | undefined>(undefined);
  if (!editable) return <NoteText attributes={attributes} />;
  const changed = draft !== undefined && draft !== kept;
  const text = draft ?? kept;
  return (
    <div class="noteform">
      <textarea data-testid="note-edit" rows={Math.min(8, text.split("\n").length)} placeholder="Note" aria-label="Note" value={text}
                onInput={(event) => setDraft(event.currentTarget.value)} />
      {changed && (
        <Act text="Save note" testId="act-note" onError={onError} act={async () => {
          await save(text === "" ? "" : JSON.stringify(text));
          setDraft(undefined);
        }} />
      )}
    </div>
  );
}
