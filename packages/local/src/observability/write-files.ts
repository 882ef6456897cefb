import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertValues } from '@payguard/alert-rules/alert-values';
import { renderAlertmanagerConfig } from '@payguard/alert-rules/render-alertmanager-config';
import { renderRules } from '@payguard/alert-rules/render-rules';
import type { Ports } from '../system/choose-ports.ts';
import { HOST, localUrl } from '../system/local-url.ts';

/** What a drill shortens; unset: as in production, but for scraping, which costs nothing on one machine. */
export type ObservabilityOptions = {
  /** In place of the chart's values, by name. */
  rules?: AlertValues | undefined;
  /** How often metrics are read and rules looked at. */
  intervalSeconds?: number | undefined;
  /** How long Alertmanager waits for others to share a message. */
  groupWaitSeconds?: number | undefined;
  /** How long it waits before it tells more of a group that it has told of: a resolved alert, too. */
  groupIntervalSeconds?: number | undefined;
};

export type ObservabilityFiles = { folder: string; prometheus: string; alertmanager: string };

const INTERVAL_SECONDS = 5;

/** Writes Prometheus' and Alertmanager's configuration and the rules under `<stateDir>/observability`. */
export function writeObservabilityFiles(
  stateDir: string,
  ports: Ports,
  options: ObservabilityOptions & { alertmanagerTokenFile: string },
): ObservabilityFiles {
  const folder = join(stateDir, 'observability');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const rules = write('rules.yaml', renderRules(options.rules));
  const config = {
    alerterUrl: localUrl(ports.alerter, '/v1/alertmanager'),
    tokenFile: options.alertmanagerTokenFile,
    groupWaitSeconds: options.groupWaitSeconds,
    groupIntervalSeconds: options.groupIntervalSeconds,
  };
  return {
    folder,
    prometheus: write('prometheus.yaml', prometheusYaml(ports, rules, options.intervalSeconds ?? INTERVAL_SECONDS)),
    alertmanager: write('alertmanager.yaml', renderAlertmanagerConfig(config)),
  };
}

/** Each service names itself by its label `service`; `pod` is there because a cluster's series have it. */
function prometheusYaml(ports: Ports, rules: string, intervalSeconds: number): string {
  const targets = {
    'callback-gateway-0': ports.gatewayMetrics,
    'points-0': ports.pointsMetrics,
    'checkout-0': ports.checkoutMetrics,
    'alerter-0': ports.alerterMetrics,
  };
  const targetLines = Object.entries(targets).map(
    ([pod, port]) => `      - targets: ["${HOST}:${port}"]\n        labels: { pod: ${pod} }`,
  );
  return `# Written at each start.
global:
  scrape_interval: ${intervalSeconds}s
  scrape_timeout: ${intervalSeconds}s
  evaluation_interval: ${intervalSeconds}s
rule_files:
  - ${JSON.stringify(rules)}
alerting:
  alertmanagers:
    - static_configs:
        - targets: ["${HOST}:${ports.alertmanager}"]
scrape_configs:
  - job_name: payguard
    static_configs:
${targetLines.join('\n')}
`;
}
