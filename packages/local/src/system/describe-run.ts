import { join } from 'node:path';
import type { JobRecord } from '../jobs/job-record.ts';
import type { AlertFiles } from './alert-files.ts';
import type { ChildRecords } from './child-records.ts';
import type { Ports } from './choose-ports.ts';
import { localUrl } from './local-url.ts';
import type { MerchantFiles } from './merchant-files.ts';
import type { OwnServers } from './own-servers.ts';
import type { RunJson } from './run-file.ts';
import { CALLBACK_PATH, HEALTH_PATH } from './service-programs.ts';

export type RunFacts = {
  pid: number;
  birth: string;
  startedAt: string;
  ports: Ports;
  servers: OwnServers;
  /** Whether Kafka and MariaDB are children of ours. */
  isEmbedded: boolean;
  files: MerchantFiles;
  apiKeyFile: string;
  alerts: AlertFiles;
  isObserved: boolean;
  jobs(): JobRecord[];
  logDir: string;
  children: ChildRecords;
};

/** What run.json says of a running system at this moment. */
export function describeRun(facts: RunFacts): RunJson {
  const { ports, children } = facts;
  const child = (name: string) => ({ name, ...children.of(name), log: join(facts.logDir, `${name}.log`) });
  const service = (name: string, metricsPort: number) => ({
    ...child(name),
    metricsUrl: localUrl(metricsPort, '/metrics'),
    readyUrl: localUrl(metricsPort, '/health/ready'),
  });
  const observer = (name: string, port: number) => ({
    ...child(name),
    url: localUrl(port),
    readyUrl: localUrl(port, '/-/ready'),
  });
  const server = (name: string, address: string) => ({ ...child(name), address });
  return {
    pid: facts.pid,
    birth: facts.birth,
    startedAt: facts.startedAt,
    gateway: { callbackUrl: localUrl(ports.gateway, CALLBACK_PATH), healthUrl: localUrl(ports.gateway, HEALTH_PATH) },
    checkout: { url: localUrl(ports.checkout), apiKeyFile: facts.apiKeyFile },
    alerter: { url: localUrl(ports.alerter), ...facts.alerts },
    simulator: {
      ...child('simulator'),
      url: localUrl(ports.simulator),
      controlUrl: localUrl(ports.simulator, '/control/v1'),
    },
    receivers: { ...child('receivers'), url: localUrl(ports.receivers), smtpPort: ports.receiversSmtp },
    observability: facts.isObserved
      ? {
          prometheus: observer('prometheus', ports.prometheus),
          alertmanager: observer('alertmanager', ports.alertmanager),
        }
      : null,
    merchantsFile: facts.files.merchantsFile,
    kafka: { brokers: facts.servers.kafka.KAFKA_BROKERS },
    database: { url: facts.servers.databaseUrl },
    merchant: facts.files.merchant,
    wechatpay: facts.files.wechatpay,
    servers: facts.isEmbedded
      ? [
          server('kafka', facts.servers.kafka.KAFKA_BROKERS.join(',')),
          server('mariadb', new URL(facts.servers.databaseUrl).host),
        ]
      : [],
    services: [
      service('callback-gateway', ports.gatewayMetrics),
      service('points', ports.pointsMetrics),
      service('checkout', ports.checkoutMetrics),
      service('alerter', ports.alerterMetrics),
    ],
    jobs: facts.jobs(),
  };
}
