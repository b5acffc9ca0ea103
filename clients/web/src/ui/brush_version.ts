import { useEffect, useState } from "preact/hooks";
import type { Brush } from "../data/brush.js";
import { coalesce } from "./coalesce.js";

// The version of a brush, for a view that shows what is brushed. Only such a view is rendered anew as the pointer moves.
// `least`: ms between two renderings.
export function useBrushVersion(brush: Brush, least = 0): number {
  const [version, setVersion] = useState(brush.version);
  useEffect(() => {
    const drawing = coalesce(() => setVersion(brush.version), () => Math.max(16, least));
    const unsubscribe = brush.subscribe(() => drawing.request());
    return () => {
      unsubscribe();
      drawing.cancel();
    };
  }, [brush, least]);
  return version;
}
