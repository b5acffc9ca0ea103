// Colours by how good a trial is: by rank, so that a single terrible value does not make all others look alike. Bright is good.
import type { StudyData } from "../data/study_data.js";
import { RAMP, rampIndex } from "./palette.js";

// A colour for a share between 0 and 1 that is seen on the page's background: neither end of the ramp is, on one of the two themes.
export function visible(share: number): string {
  const dark = document.documentElement.dataset.theme === "dark";
  return RAMP[rampIndex(dark ? 0.25 + 0.75 * share : 0.93 * share)];
}

export function byRank(study: StudyData, objective: number, rows: ArrayLike<number>): (row: number) => string {
  const column = study.values[objective];
  const sign = study.sign(objective);
  const sorted = Float64Array.from({ length: rows.length }, (_, k) => column.get(rows[k]) * sign).sort();
  const last = Math.max(1, sorted.length - 1);
  return (row) => {
    const value = column.get(row) * sign;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < value) low = middle + 1;
      else high = middle;
    }
    return visible(1 - low / last);
  };
}
