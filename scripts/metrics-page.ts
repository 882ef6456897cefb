import { createMetricsRegistry } from '../packages/shared/src/telemetry/metrics.ts';
import { observePool } from '../packages/shared/src/telemetry/pool-gauges.ts';
import { createWechatpayRequestMetrics } from '../packages/shared/src/telemetry/wechatpay-request-metrics.ts';
import { createAlerterMetrics } from '../services/alerter/src/metrics.ts';
import { createSendingMetrics } from '../services/alerter/src/sending/sending-metrics.ts';
import { createGatewayMetrics, observeKeyExpiry } from '../services/callback-gateway/src/metrics.ts';
import { createCheckoutMetrics } from '../services/checkout/src/metrics.ts';
import { createPointsMetrics, observePausedPartitions } from '../services/points/src/metrics.ts';
import { createSystemState } from '../services/points/src/state/system-state.ts';
import { createTopicsState } from '../services/points/src/state/topics-state.ts';

type Registry = ReturnType<typeof createMetricsRegistry>;

const UNUSED_POOL = { activeConnections: () => 0, idleConnections: () => 0, taskQueueSize: () => 0 };
const DEFAULT_WINDOW_MS = 600_000;

/** What each service registers, by its name; the functions that its start calls. */
const SERVICES: Record<string, (registry: Registry) => void> = {
  'callback-gateway': (registry) => {
    createGatewayMetrics(registry, { queued: 0 });
    observeKeyExpiry(registry, () => new Map());
  },
  points: (registry) => {
    createPointsMetrics(registry);
    observePausedPartitions(registry, () => []);
    createSystemState(registry, { callbackWindowMs: DEFAULT_WINDOW_MS });
    createTopicsState(registry, []);
    observePool(registry, UNUSED_POOL);
  },
  checkout: (registry) => {
    createCheckoutMetrics(registry);
    createWechatpayRequestMetrics(registry, 'checkout');
    observePool(registry, UNUSED_POOL);
  },
  alerter: (registry) => {
    createAlerterMetrics(registry, () => undefined);
    createSendingMetrics(registry, ['any']);
    observePool(registry, UNUSED_POOL);
  },
};

/** A table for each service, from its own registry; what every process has stands in the first one. */
export async function metricSections(): Promise<string[]> {
  const common = await rowsOf(createMetricsRegistry('any'));
  const own = Object.entries(SERVICES).map(async ([service, register]) => {
    const registry = createMetricsRegistry(service);
    register(registry);
    const rows = await rowsOf(registry);
    return section(
      service,
      rows.filter((row) => !common.includes(row)),
    );
  });
  return [section('Every service', common), ...(await Promise.all(own))];
}

function section(title: string, rows: readonly string[]): string {
  return `## ${title}\n\n| Metric | Type | Labels | Meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}`;
}

async function rowsOf(registry: Registry): Promise<string[]> {
  const firstSeries = new Map((await registry.getMetricsAsJSON()).map(({ name, values }) => [name, values]));
  return registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith('payguard_'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((metric) => {
      const labels = labelNames(metric).map((label) => {
        const values = new Set((firstSeries.get(metric.name) ?? []).map((series) => series.labels[label]));
        return `\`${label}\`${valuesText(values)}`;
      });
      return `| \`${metric.name}\` | ${String(metric.type)} | ${labels.join(', ')} | ${metric.help} |`;
    });
}

/** Of every metric of prom-client, though its types do not say so. */
function labelNames(metric: object): string[] {
  return 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
}

/** Where a process knows all of a label's values, it has a series at 0 for each from the start. */
function valuesText(values: ReadonlySet<unknown>): string {
  return values.size < 2 ? '' : ` (${[...values].map(String).join(', ')})`;
}
