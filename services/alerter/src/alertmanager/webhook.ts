import type { AlertView } from '@payguard/shared/alerting/alert-message';
import { z } from 'zod';

/** `2018-08-03T09:52:26.739266876+02:00`; a time of Alertmanager has up to nine digits of a second. */
const timeSchema = z.iso.datetime({ offset: true });
const labelsSchema = z.record(z.string(), z.string());

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
 * fields, which are ignored. `truncatedAlerts`: how many it left out by its setting max_alerts.
 */
export const webhookSchema = z.object({
  version: z.literal('4'),
  truncatedAlerts: z.int().min(0).default(0),
  alerts: z.array(alertSchema),
});

/** An alert that fires or has ended, as people are told of it. */
export type SeenAlert = { status: 'firing' | 'resolved'; fingerprint: string; alert: AlertView };

export function toSeenAlert({
  status,
  fingerprint,
  labels,
  annotations,
  startsAt,
  endsAt,
}: z.infer<typeof alertSchema>) {
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
