// The page's addresses: / the studies, /studies/NAME a study, /studies/NAME/trials/NUMBER a trial.
import { useEffect, useState } from "preact/hooks";
import { nameInPath } from "../data/format.js";

export type Route = { page: "studies" } | { page: "study"; name: string } | { page: "trial"; name: string; number: number } | { page: "unknown" };

export function parseRoute(path: string): Route {
  if (path === "/" || path === "/studies" || path === "/studies/") return { page: "studies" };
  const parts = path.replace(/\/$/, "").split("/");
  try {
    if (parts[1] === "studies" && parts.length === 3) return { page: "study", name: nameInPath(parts[2]) };
    if (parts[1] === "studies" && parts[3] === "trials" && parts.length === 5 && /^\d{1,15}$/.test(parts[4])) {
      return { page: "trial", name: nameInPath(parts[2]), number: Number(parts[4]) };
    }
  } catch {
    // Not percent-encoded text: no such page.
  }
  return { page: "unknown" };
}

export function navigate(path: string): void {
  if (path.startsWith("#")) {
    location.hash = path;
    return;
  }
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
  scrollTo(0, 0);
}

export function useRoute(): Route {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const changed = () => setPath(location.pathname);
    // Links within the page do not load it anew.
    const clicked = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest?.("a");
      if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      if (link.origin !== location.origin || link.hasAttribute("download") || link.getAttribute("href")?.startsWith("#")) return;
      event.preventDefault();
      navigate(link.pathname + link.search);
    };
    addEventListener("popstate", changed);
    document.addEventListener("click", clicked);
    return () => {
      removeEventListener("popstate", changed);
      document.removeEventListener("click", clicked);
    };
  }, []);
  return parseRoute(path);
}
