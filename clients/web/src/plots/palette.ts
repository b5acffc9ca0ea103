// Colours that colour-blind readers can tell apart (Okabe and Ito 2008 for the states, viridis for magnitudes), one set for light and
// one for dark pages.

export interface Palette {
  background: string;
  text: string;
  faint: string;
  grid: string;
  line: string;
  // By trial state: unseen, waiting, running, complete, pruned, failed.
  states: string[];
  accent: string;
  // For lines that belong to different studies.
  lines: string[];
}

const LIGHT: Palette = {
  background: "#ffffff", text: "#1c2530", faint: "#5b6672", grid: "#e4e8ec", line: "#c0392b",
  states: ["#999999", "#8a939c", "#009e73", "#0b6bb3", "#d98e00", "#c8452f"],
  accent: "#0b6bb3",
  lines: ["#c0392b", "#7b3fa0", "#007a59", "#a05a00", "#444444", "#0b6bb3"],
};

const DARK: Palette = {
  background: "#161b22", text: "#e4e9ef", faint: "#9aa6b2", grid: "#2a323c", line: "#ff7b6b",
  states: ["#777777", "#7c8792", "#2fc79b", "#58aef2", "#f0b03c", "#ff7a5c"],
  accent: "#58aef2",
  lines: ["#ff7b6b", "#c79bea", "#2fc79b", "#e0a050", "#cccccc", "#58aef2"],
};

export function palette(): Palette {
  return document.documentElement.dataset.theme === "dark" ? DARK : LIGHT;
}

const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];
export const RAMP_SIZE = 64;

function channels(hex: string): [number, number, number] {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

// RAMP_SIZE colours from dark to bright.
export const RAMP: string[] = Array.from({ length: RAMP_SIZE }, (_, i) => {
  const at = (i / (RAMP_SIZE - 1)) * (VIRIDIS.length - 1);
  const below = Math.min(Math.floor(at), VIRIDIS.length - 2);
  const [a, b] = [channels(VIRIDIS[below]), channels(VIRIDIS[below + 1])];
  const mixed = a.map((part, k) => Math.round(part + (b[k] - part) * (at - below)));
  return `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
});

export function rampIndex(share: number): number {
  return Math.max(0, Math.min(RAMP_SIZE - 1, Math.round(share * (RAMP_SIZE - 1))));
}

// A colour as a pixel of ImageData (little-endian ABGR).
export function pixel(hex: string): number {
  const [red, green, blue] = channels(hex);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
