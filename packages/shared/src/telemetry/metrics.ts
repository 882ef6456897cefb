import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { BUILD } from './build-info.ts';

/** Gauges whose names end as counters' do; the same figures, by type, stand in nodejs_active_*{type}. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** One registry a process: Node's own metrics, its build, and ours, which all begin with `payguard_`. */
export function createMetricsRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const build = new Gauge({
    name: 'payguard_build_info',
    help: '1; the labels say which build this is',
    labelNames: ['version', 'commit'],
    registers: [registry],
  });
  build.set(BUILD, 1);
  return registry;
}
