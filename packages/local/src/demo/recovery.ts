import { percentile } from './percentile.ts';

/** An order that was credited: by whose word, and how long after its payment. */
export type Credit = {
  /** The first to say that it is paid: `callback`, `query`, … */
  witness: string;
  /** ms from the payment at WeChat Pay to the commit of the credit. */
  recoveryMs: number;
};

export type Recovery = { credited: number; p50: number; p99: number; max: number };

/** How many came in, and how soon (ms). */
export function describeRecovery(credits: readonly Credit[]): Recovery {
  const times = credits.map(({ recoveryMs }) => recoveryMs);
  return {
    credited: times.length,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    max: percentile(times, 1),
  };
}

/** The same for each witness, the one that brought in most first. */
export function recoveryByWitness(credits: readonly Credit[]): Record<string, Recovery> {
  const byWitness = Map.groupBy(credits, ({ witness }) => witness);
  const described = [...byWitness].map(([witness, own]) => [witness, describeRecovery(own)] as const);
  return Object.fromEntries(described.toSorted(([, a], [, b]) => b.credited - a.credited));
}
