import { DEFAULT_SHARES } from '@payguard/local/commands/demo-sizes';
import { hasFailed, runDemo } from '@payguard/local/demo/run-demo';
import type { Phase } from './phase.ts';

/** The incident, played against the cluster by this machine: lost 0, doubled 0, wrong 0. */
export const demoPhase: Phase = async ({ options, outside, say }) => {
  const { target } = await outside();
  const outcome = await runDemo({
    run: target,
    sizes: { orders: options.orders, ...DEFAULT_SHARES },
    seed: String(options.seed),
    output: process.stdout,
    signal: new AbortController().signal,
  });
  const { report, isComplete } = outcome;
  const broken = outcome.invariants.filter(({ severity, violations }) => severity === 'broken' && violations > 0);
  say(
    `demo: ${report.paid} paid, ${report.credited} credited, lost ${report.lost}, doubled ${report.doubled}, wrong ${report.wrong}; ` +
      `recovery p50 ${Math.round(report.recoveryMs.p50)} ms, p99 ${Math.round(report.recoveryMs.p99)} ms; invariants broken ${broken.length}`,
  );
  return {
    figures: { ...report, isComplete, invariantsBroken: broken.map(({ name }) => name) },
    complaints: hasFailed(outcome)
      ? [
          `the demo ended with lost ${report.lost}, doubled ${report.doubled}, wrong ${report.wrong}, broken ${broken.length}`,
        ]
      : [],
  };
};
