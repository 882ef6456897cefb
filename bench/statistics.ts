export type Spread = { median: number; min: number; max: number };

export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

/** Of rates measured in pairs: each as a share of its own pair's other. */
export function spreadOfRatios(rates: readonly number[], others: readonly number[]): Spread {
  return spread(rates.map((rate, n) => rate / (others[n] ?? Number.NaN)));
}

/** The value that a share `q` of all values does not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length * q;
  if (q === 0.5 && sorted.length % 2 === 0) {
    return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
  }
  return sorted[Math.min(sorted.length - 1, Math.floor(middle))] ?? Number.NaN;
}

/** `median (lowest to highest)`, with two decimals. */
export function spreadText(of: Spread): string {
  return `${of.median.toFixed(2)} (${of.min.toFixed(2)} to ${of.max.toFixed(2)})`;
}
