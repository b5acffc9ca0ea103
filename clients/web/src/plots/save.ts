// Saving what a plot shows: as a picture, and its data as CSV.
import { palette } from "./palette.js";

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// RFC 4180. Numbers keep every digit.
export function csvText(rows: Iterable<readonly (string | number)[]>): string {
  const lines: string[] = [];
  for (const row of rows) lines.push(row.map(csvCell).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

function csvCell(cell: string | number): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function saveCsv(name: string, rows: Iterable<readonly (string | number)[]>): void {
  save(new Blob([csvText(rows)], { type: "text/csv" }), `${name}.csv`);
}

// The canvases of a figure, one above the other, under its title.
export function savePng(name: string, title: string, figure: HTMLElement): void {
  const canvases = [...figure.querySelectorAll("canvas")];
  const head = 32 * devicePixelRatio;
  const picture = document.createElement("canvas");
  picture.width = Math.max(...canvases.map((canvas) => canvas.width));
  picture.height = head + canvases.reduce((sum, canvas) => sum + canvas.height, 0);
  const context = picture.getContext("2d") as CanvasRenderingContext2D;
  const colors = palette();
  context.fillStyle = colors.background;
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = colors.text;
  context.font = `600 ${14 * devicePixelRatio}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.fillText(title, 12 * devicePixelRatio, head / 2);
  let top = head;
  for (const canvas of canvases) {
    context.drawImage(canvas, 0, top);
    top += canvas.height;
  }
  picture.toBlob((blob) => blob !== null && save(blob, `${name}.png`), "image/png");
}

export function saveSvg(name: string, figure: HTMLElement): void {
  const drawing = figure.querySelector("svg.drawing");
  if (drawing === null) return;
  save(new Blob([new XMLSerializer().serializeToString(drawing)], { type: "image/svg+xml" }), `${name}.svg`);
}
