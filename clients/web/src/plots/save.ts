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

// The charts of a figure, one above the other, under its title.
export function savePng(name: string, title: string, figure: HTMLElement): void {
  // Each has a canvas with its axes, and one with its marks that lies inside them.
  const charts = [...figure.querySelectorAll<HTMLElement>(".u-wrap")].map((wrap) => ({
    axes: wrap.querySelector<HTMLCanvasElement>(":scope > canvas") as HTMLCanvasElement,
    under: wrap.querySelector<HTMLElement>(".u-under") as HTMLElement,
    marks: wrap.querySelector<HTMLCanvasElement>("canvas.marks") as HTMLCanvasElement,
  }));
  if (charts.length === 0) return;
  const head = 32 * devicePixelRatio;
  const picture = document.createElement("canvas");
  picture.width = Math.max(...charts.map(({ axes }) => axes.width));
  picture.height = head + charts.reduce((sum, { axes }) => sum + axes.height, 0);
  const context = picture.getContext("2d") as CanvasRenderingContext2D;
  const colors = palette();
  context.fillStyle = colors.background;
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = colors.text;
  context.font = `600 ${14 * devicePixelRatio}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.fillText(title, 12 * devicePixelRatio, head / 2);
  let top = head;
  for (const { axes, under, marks } of charts) {
    context.drawImage(axes, 0, top);
    context.drawImage(marks, under.offsetLeft * devicePixelRatio, top + under.offsetTop * devicePixelRatio);
    top += axes.height;
  }
  picture.toBlob((blob) => blob !== null && save(blob, `${name}.png`), "image/png");
}

export function saveSvg(name: string, figure: HTMLElement): void {
  const drawing = figure.querySelector("svg.drawing");
  if (drawing === null) return;
  save(new Blob([new XMLSerializer().serializeToString(drawing)], { type: "image/svg+xml" }), `${name}.svg`);
}
