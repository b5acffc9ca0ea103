// The best so far as a line of the height of a word.
const WIDTH = 120;
const HEIGHT = 24;

export function Sparkline({ values, label }: { values: number[]; label: string }) {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return <span class="note">–</span>;
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  // Halves, since the difference of two large numbers may be none.
  const y = (value: number) => (high === low ? HEIGHT / 2 : 2 + ((high / 2 - value / 2) / (high / 2 - low / 2)) * (HEIGHT - 4));
  const step = WIDTH / Math.max(1, finite.length - 1);
  const path = finite.map((value, k) => `${k === 0 ? "M" : "H"}${(k * step).toFixed(1)} ${k === 0 ? "" : "V"}${y(value).toFixed(1)}`)
    .join("").replace(/H([\d.]+) V/g, "H$1V");
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={label}
         data-testid="sparkline">
      <path d={finite.length === 1 ? `M0 ${HEIGHT / 2}H${WIDTH}` : path} fill="none" stroke="currentColor" stroke-width="1.5" />
    </svg>
  );
}
