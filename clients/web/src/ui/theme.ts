// Dark or light: as the system has it, unless the user has chosen.
import { useEffect, useState } from "preact/hooks";

const KEY = "parzen.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function current(): string {
  const chosen = localStorage.getItem(KEY);
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
    localStorage.setItem(KEY, theme === "dark" ? "light" : "dark");
    setTheme(applyTheme());
  };
  return [theme, toggle];
}
