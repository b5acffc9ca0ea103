// Keys that work everywhere, and the list of them.
import { useEffect, useRef } from "preact/hooks";
import { navigate } from "./router.js";

const KEYS: [string, string][] = [
  ["/", "search studies, or filter trials"],
  ["g", "all studies"],
  ["t", "dark or light"],
  ["Esc", "clear what is brushed"],
  ["Tab, arrows, Enter", "through the table of trials, and open one"],
  ["[ and ]", "the trial before, and after"],
  ["?", "this list"],
];

export function Keys({ toggleTheme }: { toggleTheme(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog") !== null) return;
      if (event.key === "/") {
        event.preventDefault();
        document.querySelector<HTMLInputElement>('input[type="search"]')?.focus();
      } else if (event.key === "g") navigate("/");
      else if (event.key === "t") toggleTheme();
      else if (event.key === "?") dialog.current?.showModal();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [toggleTheme]);
  return (
    <>
      <button type="button" class="quiet wideonly" data-testid="keys" aria-label="Keyboard" onClick={() => dialog.current?.showModal()}>?</button>
      <dialog ref={dialog} data-testid="keys-dialog" aria-labelledby="keys-title">
        <h2 id="keys-title">Keyboard</h2>
        <dl>{KEYS.map(([key, what]) => <><dt><kbd>{key}</kbd></dt><dd>{what}</dd></>)}</dl>
        <form method="dialog"><button type="submit">Close</button></form>
      </dialog>
    </>
  );
}
