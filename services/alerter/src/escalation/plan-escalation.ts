import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { MismatchRecord } from '../mismatches/mismatch-rows.ts';
import type { NewNotice } from '../notices/notice.ts';
import { severityOf } from '../notices/route-news.ts';

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
  return step === undefined ? null : mismatch.detectedAt + step.afterMinutes * MINUTE_MS;
}

/** What is told now of a mismatch that has stayed open, and how its row is afterwards. A step that is not due changes nothing. */
export function planEscalation(
  record: MismatchRecord,
  settings: EscalationSettings,
  now: number,
): { after: MismatchRecord; notices: NewNotice[] } {
  const { mismatch, escalations } = record;
  const dueAt = nextEscalationAt(mismatch, escalations, settings);
  if (dueAt === null || dueAt > now) return { after: { ...record, nextEscalationAt: dueAt }, notices: [] };
  const channels = new Set(stepsFor(mismatch, settings)[escalations]?.to);
  const notices = [...channels].map(
    (channel): NewNotice => ({
      channel,
      dedupeKey: `mismatch:${mismatch.id}:escalated:${escalations + 1}`,
      subject: { kind: 'mismatch', id: mismatch.id },
      news: 'escalated',
      severity: severityOf(mismatch, settings),
      dueAt: now,
      traceparent: undefined,
    }),
  );
  const done = escalations + 1;
  return {
    after: { mismatch, escalations: done, nextEscalationAt: nextEscalationAt(mismatch, done, settings) },
    notices,
  };
}

/** The steps for its severity, in order of time. */
function stepsFor(mismatch: MismatchView, settings: EscalationSettings): Step[] {
  const severity = severityOf(mismatch, settings);
  return settings.escalation
    .filter((step) => step.severity === severity)
    .sort((a, b) => a.afterMinutes - b.afterMinutes);
}
