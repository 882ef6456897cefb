import { collectDefaultMetrics, Registry } from 'prom-client';

/** One registry a process: Node's own metrics and ours, which all begin with `payguard_`. */
export function createMetricsRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}
