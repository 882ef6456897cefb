import type { MismatchKind } from '../events/payment-mismatch.ts';
import { mismatchKindSchema } from '../events/payment-mismatch.ts';
import type { MismatchView, Severity } from './alert-message.ts';
import { SEVERITIES } from './alert-message.ts';
import type { AlertsFile } from './alerts-file.ts';

/** Money is missing, in danger, or given out wrongly: somebody has to look now. */
const CRITICAL: ReadonlySet<MismatchKind> = new Set([
  'paid_not_recorded',
  'amount_mismatch',
  'identity_mismatch',
  'duplicate_payment',
  'missing_at_wechat',
  'ledger_mismatch',
]);

/** Stands in no route: an alert has a name of at least one character. */
const ANY_OTHER_ALERT = '';

export type RoutingSettings = Pick<AlertsFile, 'routes' | 'severities'>;

/** How grave a mismatch is; alerts.yaml may say otherwise. */
export function severityOf({ kind }: Pick<MismatchView, 'kind'>, { severities }: RoutingSettings): Severity {
  return severities[kind] ?? (CRITICAL.has(kind) ? 'critical' : 'warning');
}

/** The channels of the first route that takes the mismatch; of a file that was loaded there is one. */
export function routeMismatch(mismatch: Pick<MismatchView, 'kind'>, settings: RoutingSettings): readonly string[] {
  const severity = severityOf(mismatch, settings);
  const route = settings.routes.find(
    ({ severities, kinds, alerts }) =>
      (severities?.includes(severity) ?? true) && (kinds?.includes(mismatch.kind) ?? alerts === undefined),
  );
  return [...new Set(route?.to)];
}

/** The same for an alert of Prometheus. */
export function routeAlert(name: string, severity: Severity, settings: RoutingSettings): readonly string[] {
  const route = settings.routes.find(
    ({ severities, kinds, alerts }) =>
      (severities?.includes(severity) ?? true) && (alerts?.includes(name) ?? kinds === undefined),
  );
  return [...new Set(route?.to)];
}

/** What no route takes, so that nobody would hear of it, in words; empty when all is taken. */
export function describeUnrouted(settings: RoutingSettings): string[] {
  const kinds = mismatchKindSchema.options.filter((kind) => routeMismatch({ kind }, settings).length === 0);
  const severities = SEVERITIES.filter((severity) => routeAlert(ANY_OTHER_ALERT, severity, settings).length === 0);
  return [
    ...kinds.map((kind) => `the mismatch ${kind} (${severityOf({ kind }, settings)})`),
    ...severities.map((severity) => `alerts of the severity ${severity}`),
  ];
}
