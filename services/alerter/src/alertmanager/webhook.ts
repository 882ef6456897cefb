import type { AlertView } from '@payguard/shared/alerting/alert-message';
import { z } from 'zod';

/** `2018-08-03T09:52:26.739266876+02:00`; a time of Alertmanager has up to nine digits of a second. */
const timeSchema = z.iso.datetime({ offset: true });
/** Longer than people write; some hundred alerts fit into a statement. */
const MAX_LABEL_CHARS = 16_384;
const labelsSchema = z.record(z.string(), z.string().max(MAX_LABEL_CHARS));

const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: labelsSchema,
  annotations: labelsSchema,
  startsAt: timeSchema,
  endsAt: timeSchema,
  /** 16 hex digits, and nowhere promised to be. */
  fingerprint: z.string().min(1).max(64),
});

/**
 * What Alertmanager POSTs (docs/configuration.md, webhook_config, version 4): as much of it as is used. Newer releases add
 * fields, which are ignored. `truncatedAlerts`: how many it left out by its setting max_alerts. Alerts are read one by one:
 * one that is not as it should be does not take the others with it.
 */
export const webhookSchema = z.object({
  version: z.literal('4'),
  truncatedAlerts: z.int().min(0).default(0),
  alerts: z.array(z.unknown()),
});

/** An alert that fires or has ended, as people are told of it. */
export type SeenAlert = { status: 'firing' | 'resolved'; fingerprint: string; alert: AlertView };

/** `name`: as far as it can be known. */
export type UnreadableAlert = { name: string; reason: string };

/** Those that can be read, and what is wrong with the others. */
export function readAlerts(alerts: readonly unknown[]): { seen: SeenAlert[]; unreadable: UnreadableAlert[] } {
  const seen: SeenAlert[] = [];
  const unreadable: UnreadableAlert[] = [];
  for (const alert of alerts) {
    const parsed = alertSchema.safeParse(alert);
    if (parsed.success) seen.push(toSeenAlert(parsed.data));
    else unreadable.push({ name: nameOf(alert), reason: describeIssue(parsed.error) });
  }
  return { seen, unreadable };
}

/** Which field is wrong with a webhook or an alert, and what; nothing that stands in it. */
export function describeIssue({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'is not valid'}.`;
}

const namedSchema = z.object({ labels: z.object({ alertname: z.string().regex(/^[\w:.-]{1,100}$/) }) });

function nameOf(alert: unknown): string {
  return namedSchema.safeParse(alert).data?.labels.alertname ?? 'unnamed';
}

function toSeenAlert({ status, fingerprint, labels, annotations, startsAt, endsAt }: z.infer<typeof alertSchema>) {
  return {
    status,
    fingerprint,
    alert: {
      name: labels.alertname ?? 'unnamed',
      labels,
      annotations,
      startsAt: Date.parse(startsAt),
      // Of a firing alert it is the year 1 or a guess.
      endsAt: status === 'firing' ? null : Date.parse(endsAt),
    },
  } satisfies SeenAlert;
}
