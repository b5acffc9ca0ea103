// Where an axis has ticks.

// Around `count` multiples of 1, 2 or 5 times a power of ten, which are no closer than `least`.
export function linearTicks(low: number, high: number, count: number, least = 0): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(least, power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10));
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; ++k) ticks.push(Number((k * step).toPrecision(12)));
  // A single tick does not say how long the axis is.
  return ticks.length >= 2 || step <= least || count > 16 ? ticks : linearTicks(low, high, count + 1, least);
}

// Powers of ten, fewer of them if there are many; 2 and 5 as well if there are few.
export function logTicks(low: number, high: number, count: number): number[] {
  if (!(low > 0) || !(high > low)) return [low];
  const ends = [low * (1 - 1e-9), Math.min(Number.MAX_VALUE, high * (1 + 1e-9))];
  const first = Math.ceil(Math.log10(ends[0]));
  const last = Math.floor(Math.log10(ends[1]));
  const decades = last - first + 1;
  const factors = decades <= 1 ? [1, 2, 3, 5, 7] : decades * 3 <= count ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / Math.max(2, count)));
  const ticks: number[] = [];
  for (let exponent = first - 1; exponent <= last; ++exponent) {
    if (factors.length === 1 && (exponent - first) % every !== 0) continue;
    for (const factor of factors) {
      const tick = Number((factor * 10 ** exponent).toPrecision(12));
      if (tick >= ends[0] && tick <= ends[1]) ticks.push(tick);
    }
  }
  return ticks.length >= 2 ? ticks : linearTicks(low, high, count);
}
