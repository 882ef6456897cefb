import type { Merchant } from '../config/merchants-file.ts';

export type ProbeTarget = { url: string; mchids: string[] };

/** The callback URLs of merchants.yaml, each once, and the merchants that have none: nobody is told of their payments. */
export function probeTargets(merchants: readonly Merchant[]): { targets: ProbeTarget[]; withoutUrl: string[] } {
  const byUrl = Map.groupBy(merchants, ({ notifyUrl }) => notifyUrl);
  const targets: ProbeTarget[] = [];
  const withoutUrl: string[] = [];
  for (const [url, those] of byUrl) {
    const mchids = those.map(({ mchid }) => mchid);
    if (url === undefined) withoutUrl.push(...mchids);
    else targets.push({ url, mchids });
  }
  return { targets, withoutUrl };
}
