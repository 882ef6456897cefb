import type { MismatchView, Severity } from '@payguard/shared/alerting/alert-message';
import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { MismatchKind } from '@payguard/shared/events/payment-mismatch';

/** Money is missing, in danger, or given out wrongly: somebody has to look now. */
const CRITICAL: ReadonlySet<MismatchKind> = new Set([
  'paid_not_recorded',
  'amount_mismatch',
  'identity_mismatch',
  'duplicate_payment',
  'missing_at_wechat',
  'ledger_mismatch',
]);

export type RoutingSettings = Pick<AlertsFile, 'routes' | 'severities'>;

/** How grave a mismatch is; alerts.yaml may say otherwise. */
export function severityOf({ kind }: Pick<MismatchView, 'kind'>, { severities }: RoutingSettings): Severity {
  return severities[kind] ?? (CRITICAL.has(kind) ? 'critical' : 'warning');
}

/** The channels of the first route that takes the mismatch; none when no route does. */
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
