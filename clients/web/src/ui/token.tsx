// Asks for the token when the server wants one, and forgets it when the user wants that.
import { useEffect, useRef, useState } from "preact/hooks";
import { setToken, token, whenUnauthenticated } from "../api/transport.js";

export function Token({ onChange }: { onChange(): void }) {
  // What the server said; undefined: it takes the token that there is, or wants none.
  const [message, setMessage] = useState<string | undefined>(undefined);
  const [text, setText] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => whenUnauthenticated((refused) => setMessage(refused)), []);
  // Once: who closes it is not asked again and again, but finds a button.
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
    <>
      {message !== undefined
        ? <button type="button" class="quiet" data-testid="enter-token" onClick={() => dialog.current?.showModal()}>Enter a token</button>
        : token() !== "" && (
          <button type="button" class="quiet" data-testid="sign-out" onClick={() => { setToken(""); onChange(); }}>Forget token</button>
        )}
      <dialog ref={dialog} data-testid="token-dialog" aria-labelledby="token-title">
        <form method="dialog" onSubmit={enter}>
          <h2 id="token-title">This server asks for a token</h2>
          <p class="note">{message}</p>
          <input type="password" data-testid="token" autocomplete="off" aria-label="Token" value={text}
                 onInput={(event) => setText(event.currentTarget.value)} />
          <button type="submit" data-testid="token-submit">Continue</button>
          <p class="note">It is kept until this tab is closed, and sent to this server only.</p>
        </form>
      </dialog>
    </>
  );
}
