// Asks for the token when the server wants one.
import { useEffect, useRef, useState } from "preact/hooks";
import { setToken, token, whenUnauthenticated } from "../api/transport.js";

export function TokenEntry({ onChange }: { onChange(): void }) {
  const [message, setMessage] = useState<string | undefined>(undefined);
  const [text, setText] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => whenUnauthenticated((refused) => setMessage(refused)), []);
  useEffect(() => {
    if (message !== undefined && dialog.current?.open === false) dialog.current.showModal();
  }, [message]);
  const enter = (event: Event) => {
    event.preventDefault();
    setToken(text.trim());
    setText("");
    setMessage(undefined);
    dialog.current?.close();
    onChange();
  };
  return (
    <dialog ref={dialog} data-testid="token-dialog" aria-labelledby="token-title" onCancel={() => setMessage(undefined)}>
      <form method="dialog" onSubmit={enter}>
        <h2 id="token-title">This server asks for a token</h2>
        <p class="note">{message}</p>
        <input type="password" data-testid="token" autocomplete="off" aria-label="Token" value={text}
               onInput={(event) => setText(event.currentTarget.value)} />
        <button type="submit" data-testid="token-submit">Continue</button>
        <p class="note">It is kept until this tab is closed, and sent to this server only.</p>
      </form>
    </dialog>
  );
}

export function SignOut({ onChange }: { onChange(): void }) {
  if (token() === "") return null;
  return <button type="button" class="quiet" data-testid="sign-out" onClick={() => { setToken(""); onChange(); }}>Forget token</button>;
}
