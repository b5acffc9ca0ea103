// How numbers, times and names are shown, everywhere the same.

// Up to five digits, shorter where that is exact.
export function showNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(5)));
  return value.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
}

export function showDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "";
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${Math.round(milliseconds)} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function showTime(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "";
  const date = new Date(milliseconds);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

// A file that holds one study (src/file.tsx) has its pages in itself, behind a #.
let inFile = false;
export function keepPathsInFile(): void {
  inFile = true;
}

// A browser takes . and .. for folders, also percent-encoded: these names have a tilde before them, and so have those that look like it.
const DOTS = /^~*\.{1,2}$/;

export function studyPath(name: string): string {
  return inFile ? "#" : `/studies/${DOTS.test(name) ? "~" : ""}${encodeURIComponent(name)}`;
}

// The name of a study that a part of an address, between two slashes, stands for. Throws URIError.
export function nameInPath(part: string): string {
  const name = decodeURIComponent(part);
  return DOTS.test(name) ? name.slice(1) : name;
}

export function trialPath(name: string, number: number): string {
  return inFile ? `#trial-${number}` : `${studyPath(name)}/trials/${number}`;
}
