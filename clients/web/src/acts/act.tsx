// A button that calls the server, and says so if the server refuses.
import { useState } from "preact/hooks";
import { messageOf } from "../api/transport.js";

interface Props {
  text: string;
  testId: string;
  // Asked before acting.
  sure?: string;
  act(): Promise<unknown>;
  onError(message: string): void;
}

export function Act(props: Props) {
  const [busy, setBusy] = useState(false);
  const act = async () => {
    if (props.sure !== undefined && !confirm(props.sure)) return;
    setBusy(true);
    props.onError("");
    try {
      await props.act();
    } catch (error) {
      props.onError(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return <button type="button" data-testid={props.testId} disabled={busy} onClick={() => void act()}>{props.text}</button>;
}
