// Dark or light: as the system has it, unless the user has chosen.
import { useEffect, useState } from "preact/hooks";

const KEY = "parzen.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

// A browser may keep nothing, for a file or for everybody: then the choice holds until the page is left.
let kept: string | null = null;

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY) ?? kept;
  } catch {
    return kept;
  }
}

function remember(theme: string): void {
  kept = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // See above.
  }
}

function current(): string {
  const chosen = remembered();
  return chosen === "dark" || chosen === "light" ? chosen : system.matches ? "dark" : "light";
}

export function applyTheme(): string {
  return (document.documentElement.dataset.theme = current());
}

export function useTheme(): [string, () => void] {
  const [theme, setTheme] = useState(applyTheme());
  useEffect(() => {
    const changed = () => setTheme(applyTheme());
    system.addEventListener("change", changed);
    return () => system.removeEventListener("change", changed);
  }, []);
  const toggle = () => {
    remember(theme === "dark" ? "light" : "dark");
    setTheme(applyTheme());
  };
  return [theme, toggle];
}
