// The importances as bars: a drawing that can be saved as SVG.
import type { Importances as Data } from "../data/importances.js";
import { shorten } from "./axis.js";
import { Figure } from "./figure.js";
import { palette } from "./palette.js";

const BAR = 24;
const WIDTH = 560;
const LABEL = 160;
const MOST = 20;

export function Importances({ file, data }: { file: string; data: Data; theme: string }) {
  const shown = data.shares.slice(0, MOST);
  const colors = palette();
  const longest = Math.max(1e-9, ...shown.map((bar) => bar.share));
  const note = [data.note, data.shares.length > MOST ? `the first ${MOST} of ${data.shares.length} parameters` : ""].filter((text) => text !== "").join("; ");
  const csv = () => [["parameter", "importance"], ...data.shares.map((bar) => [bar.name, bar.share])];
  return (
    <Figure id="importances" title="Importances" marks={shown.length} file={file} csv={csv} note={note}>
      <svg class="drawing" xmlns="http://www.w3.org/2000/svg" viewBox={`0 0 ${WIDTH} ${Math.max(1, shown.length) * BAR + 8}`}
           font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="Importance of each parameter">
        {shown.map((bar, i) => (
          <g key={bar.name} data-testid="importance" data-param={bar.name} data-share={bar.share}>
            <title>{`${bar.name}: ${bar.share}`}</title>
            <text x={LABEL - 8} y={i * BAR + 16} text-anchor="end" fill={colors.text}>{shorten(bar.name, 20)}</text>
            <rect x={LABEL} y={i * BAR + 4} width={Math.max(1, (bar.share / longest) * (WIDTH - LABEL - 60))} height={BAR - 8}
                  fill={colors.accent} rx="2" />
            <text x={LABEL + 6 + (bar.share / longest) * (WIDTH - LABEL - 60)} y={i * BAR + 16} fill={colors.faint}>
              {bar.share >= 0.005 || bar.share === 0 ? bar.share.toFixed(2) : "<0.01"}
            </text>
          </g>
        ))}
      </svg>
    </Figure>
  );
}
