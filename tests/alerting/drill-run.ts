import type { ObservabilityOptions } from '@payguard/local/observability/write-files';
import { type LocalSystem, startLocal } from '@payguard/local/system/start-local';
import { firstMessages, type Message, secondsUntil } from './drill-messages.ts';
import { askPanels, type PanelFindings } from './drill-panels.ts';
import { findSecrets, readPlaces, readSecrets } from './drill-secrets.ts';
import { payOrders } from './drill-shop.ts';

/** Whom a critical page goes to on this machine. */
const CHANNELS = ['dingtalk', 'wecom', 'mail'];
const CHINESE = /\p{Script=Han}{4}/u;
/** What a poll did stands in the database when its minute is over, and in the metrics 15 s later. */
const PANELS_WITHIN_MS = 60_000;
/** More than the five from which on lost callbacks are an alert. */
const LOST = 8;
const WRONG = 3;
const HEALED = 9;

export type DrillPlan = {
  stateDir: string;
  observability: ObservabilityOptions;
  callbackWindowSeconds: number | undefined;
  /** How long before it is told of the payment WeChat Pay says it was made: what would else be waited for. */
  paidBeforeMs: number;
  /** Limits of waiting, far above what is expected. */
  alertWithinMs: number;
  healedWithinMs: number;
};

export type DrillResult = {
  /** From the payment whose callback was the first to be lost until all three channels had the message. */
  callbacksMissingSeconds: number;
  /** From the payment call until all three channels had the message. */
  amountMismatchSeconds: number;
  /** From the last payment with a broken notify URL until all three channels had the all-clear. */
  resolvedSeconds: number;
  panels: PanelFindings;
  /** Secrets that stand where they must not. */
  leaks: string[];
  /** Where the alert's name was found: what looks for secrets there sees. */
  placesSeen: string[];
  messages: Message[];
};

/**
 * The incident on the whole system: the notify URL leads nowhere, Prometheus sees it, and people are told by robot and
 * mail; then it is right again, and they are told that too. Throws when a message does not come.
 */
export async function runDrill(plan: DrillPlan, say: (line: string) => void): Promise<DrillResult> {
  const { stateDir, observability, callbackWindowSeconds } = plan;
  const system = await startLocal({ stateDir, observability, callbackWindowSeconds, onProgress: () => undefined });
  try {
    return await playIncident(system, plan, say);
  } finally {
    await system.stop();
  }
}

async function playIncident({ run }: LocalSystem, plan: DrillPlan, say: (line: string) => void): Promise<DrillResult> {
  const told = (words: (string | RegExp)[], timeoutMs: number) =>
    firstMessages(run.receivers.url, CHANNELS, [CHINESE, ...words], timeoutMs);

  const brokenAt = Date.now();
  const firstLostAt = brokenAt - plan.paidBeforeMs;
  await payOrders(run, { count: LOST, notifyUrl: 'broken', amount: 'right', successTime: firstLostAt });
  const wrongAt = Date.now();
  const wrong = await payOrders(run, { count: WRONG, notifyUrl: 'right', amount: 'wrong', successTime: wrongAt });

  const mismatches = await told([new RegExp(wrong.join('|'))], plan.alertWithinMs);
  const amountMismatchSeconds = secondsUntil(mismatches, wrongAt);
  say(`amount_mismatch: ${CHANNELS.join(', ')} were told ${amountMismatchSeconds} s after the payments`);

  const alerts = await told(['PayguardCallbacksMissing'], plan.alertWithinMs);
  const callbacksMissingSeconds = secondsUntil(alerts, firstLostAt);
  say(`callbacks missing: ${CHANNELS.join(', ')} were told ${callbacksMissingSeconds} s after the first lost callback`);

  // One is still lost: the poll has something to ask about to the end.
  await payOrders(run, { count: 1, notifyUrl: 'broken', amount: 'right', successTime: Date.now() });
  await payOrders(run, { count: HEALED, notifyUrl: 'right', amount: 'right', successTime: Date.now() });
  const panels = await askPanels(run.observability?.prometheus.url ?? '', PANELS_WITHIN_MS);
  const resolved = await told(['PayguardCallbacksMissing', '已恢复'], plan.healedWithinMs);
  const resolvedSeconds = secondsUntil(resolved, brokenAt);
  say(`healed: ${CHANNELS.join(', ')} had the all-clear ${resolvedSeconds} s after the last broken payment`);

  const places = await readPlaces(plan.stateDir, run);
  const leaks = findSecrets(places, readSecrets(plan.stateDir, run));
  const placesSeen = findSecrets(places, [{ name: 'the alert', value: 'PayguardCallbacksMissing' }]);
  return {
    callbacksMissingSeconds,
    amountMismatchSeconds,
    resolvedSeconds,
    panels,
    leaks,
    placesSeen,
    messages: [...mismatches, ...alerts, ...resolved],
  };
}
