// Whether something is near the window, and what need not be done while it is not.
import { useEffect, useRef, useState } from "preact/hooks";

interface Box {
  readonly current: Element | null;
}

export function useSeen(box: Box): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (box.current === null) return;
    const watcher = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? false), { rootMargin: "200px" });
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  return seen;
}

// The value; while `keep` holds, as it was before.
export function useKept<T>(value: T, keep: boolean): T {
  const kept = useRef(value);
  if (!keep) kept.current = value;
  return kept.current;
}
