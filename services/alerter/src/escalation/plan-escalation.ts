import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import { severityOf } from '@payguard/shared/alerting/route-news';
import type { MismatchRecord } from '../mismatches/mismatch-rows.ts';
import type { NewNotice } from '../notices/notice.ts';

export type EscalationSettings = Pick<AlertsFile, 'routes' | 'severities' | 'escalation'>;

type Step = AlertsFile['escalation'][number];

const MINUTE_MS = 60_000;

/** When the next step is due (ms UTC) after so many; null when it is not open, or there is none left. */
export function nextEscalationAt(
  mismatch: MismatchView,
  escalations: number,
  settings: EscalationSettings,
): number | null {
  const step = mismatch.state === 'open' ? stepsFor(mismatch, settings)[escalations] : undefined;
  return step === undefined ? null : stepDueAt(mismatch, step);
}

/**
 * What is told now of a mismatch that has stayed open, and how its row is afterwards. Steps that are due together are told
 * as one, the last of them, on the channels of all; a step that is not due changes nothing.
 */
export function planEscalation(
  record: MismatchRecord,
  settings: EscalationSettings,
  now: number,
): { after: MismatchRecord; notices: NewNotice[] } {
  const { mismatch, escalations } = record;
  const steps = mismatch.state === 'open' ? stepsFor(mismatch, settings).slice(escalations) : [];
  const due = steps.filter((step) => stepDueAt(mismatch, step) <= now);
  const done = escalations + due.length;
  const channels = new Set(due.flatMap((step) => step.to));
  const notices = [...channels].map(
    (channel): NewNotice => ({
      channel,
      dedupeKey: `mismatch:${mismatch.id}:escalated:${done}`,
      subject: { kind: 'mismatch', id: mismatch.id },
      news: 'escalated',
      severity: severityOf(mismatch, settings),
      dueAt: now,
      traceparent: undefined,
    }),
  );
  return {
    after: { mismatch, escalations: done, nextEscalationAt: nextEscalationAt(mismatch, done, settings) },
    notices,
  };
}

function stepDueAt({ detectedAt }: MismatchView, { afterMinutes }: Step): number {
  return detectedAt + afterMinutes * MINUTE_MS;
}

/** The steps for its severity, in order of time. */
function stepsFor(mismatch: MismatchView, settings: EscalationSettings): Step[] {
  const severity = severityOf(mismatch, settings);
  return settings.escalation
    .filter((step) => step.severity === severity)
    .sort((a, b) => a.afterMinutes - b.afterMinutes);
}
