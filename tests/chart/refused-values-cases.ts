import type { ChartOptions } from './render-chart.ts';

/** What is wrong with the values of an environment, and words of the one sentence that is said about it. */
export type RefusedCase = [sentence: string, options: ChartOptions];

const dev = (set: Record<string, unknown>): ChartOptions => ({ values: 'values-dev.yaml', set });
const staging = (set: Record<string, unknown>): ChartOptions => ({ values: 'values-staging.yaml', set });
const prod = (set: Record<string, unknown>): ChartOptions => ({ values: 'values-prod.yaml', set });

export const MERCHANT = {
  mchid: '1900000109',
  appids: ['wxd678efh567hg6787'],
  certificateSerial: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  verificationSecret: 'verification',
  signingSecret: 'signing',
};

export const ADDRESSES: RefusedCase[] = [
  ['ingress.host pay.internal is a name of a private network', prod({ 'ingress.host': 'pay.internal' })],
  ['ingress.host https://pay.example.com is no host name', prod({ 'ingress.host': 'https://pay.example.com' })],
  ['ingress.host is empty while ingress.enabled is true', prod({ 'ingress.host': '' })],
  ['is empty while ingress.enabled is false; give the gateway', prod({ 'ingress.enabled': false })],
];

export const ENVIRONMENTS: RefusedCase[] = [
  ['simulator.enabled is for development, and environment is prod', prod({ 'simulator.enabled': true })],
  ['receivers.enabled is for development, and environment is staging', staging({ 'receivers.enabled': true })],
  [
    'kafka.embedded.enabled is for development, and environment is prod',
    prod({ 'kafka.embedded.enabled': true, 'kafka.brokers': [] }),
  ],
  [
    'database.embedded.enabled is for development, and environment is staging',
    staging({ 'database.embedded.enabled': true, 'database.host': '' }),
  ],
  [
    'networkPolicy.developmentClients is for development',
    prod({ 'networkPolicy.developmentClients': [{ podSelector: {} }] }),
  ],
  ['jobs.poll.enabled is false with environment prod', prod({ 'jobs.poll.enabled': false })],
  ['wechatpay.apiUrls names other servers', dev({ 'wechatpay.apiUrls': ['https://api.mch.weixin.qq.com'] })],
  ['wechatpay.apiUrls[0] http://proxy is no https address', prod({ 'wechatpay.apiUrls': ['http://proxy'] })],
];

export const SERVERS: RefusedCase[] = [
  ['kafka.topics.replicationFactor is 2 with environment prod', prod({ 'kafka.topics': topics(2, 1) })],
  ['kafka.topics.minInsyncReplicas is 1 with environment prod', prod({ 'kafka.topics': topics(3, 1) })],
  ['kafka.topics.minInsyncReplicas 3 is all of replicationFactor 3', prod({ 'kafka.topics': topics(3, 3) })],
  ['kafka.topics.minInsyncReplicas 2 is more than replicationFactor 1', staging({ 'kafka.topics': topics(1, 2) })],
  ['kafka.tls is false with environment prod', prod({ 'kafka.tls': false })],
  ['kafka.sasl.mechanism plain without kafka.tls', staging({ 'kafka.tls': false, 'kafka.sasl.mechanism': 'plain' })],
  ['kafka.sasl.existingSecret is empty while kafka.sasl.mechanism', prod({ 'kafka.sasl.existingSecret': '' })],
  ['kafka.brokers is empty; name the brokers', prod({ 'kafka.brokers': [] })],
  ['kafka.brokers[0] kafka-0 is no address of a broker', prod({ 'kafka.brokers': ['kafka-0'] })],
  ['kafka.brokers names other servers while kafka.embedded', dev({ 'kafka.brokers': ['kafka-0:9092'] })],
  ['database.tls is false with environment prod', prod({ 'database.tls': false })],
  ['database.host is empty; give the name', prod({ 'database.host': '' })],
  ['database.host mysql:3306 is no host name', prod({ 'database.host': 'mysql:3306' })],
  ['database.existingSecret is empty; name the Secret', prod({ 'database.existingSecret': '' })],
  ['database.host names another server while database.embedded', dev({ 'database.host': 'mysql.example.com' })],
  ['database.users gives two parts one user', prod({ 'database.users.points': 'payguard_admin' })],
  ['shopTimeZone +08:00 is no name of a time zone', prod({ shopTimeZone: '+08:00' })],
  ['migrate.legacy has one of mchid and appid', prod({ 'migrate.legacy.mchid': '1900000109' })],
  ['tracing.endpoint collector:4318 is no address', prod({ 'tracing.endpoint': 'collector:4318' })],
];

export const SECRETS: RefusedCase[] = [
  ['merchants is empty; add each merchant number', prod({ merchants: [] })],
  ['merchants[1].mchid 1900000109 stands twice', prod({ merchants: [MERCHANT, MERCHANT] })],
  [
    'merchants[0].mchid is a number; put it in quotation marks',
    prod({ merchants: [{ ...MERCHANT, mchid: 1900000109 }] }),
  ],
  ['merchants[0].verificationSecret of merchant 1900000109', prod({ 'merchants[0].verificationSecret': '' })],
  ['merchants[0].signingSecret of merchant 1900000109', prod({ 'merchants[0].signingSecret': '' })],
  ['checkout.apiKeysSecret is empty; name the Secret', prod({ 'checkout.apiKeysSecret': '' })],
  ['alerter.config is empty, so that nobody would hear', prod({ 'alerter.config': {} })],
  ['alerter.alertmanagerTokenSecret is empty', prod({ 'alerter.alertmanagerTokenSecret': '' })],
  ['alerter.existingSecret is empty while alerter.config reads', prod({ 'alerter.existingSecret': '' })],
];

export const RUNNING: RefusedCase[] = [
  ['points.replicas is 0, so that nobody would do its work', prod({ 'points.replicas': 0 })],
  ['alerter.pdb.maxUnavailable is 0, so that no node', prod({ 'alerter.pdb.maxUnavailable': 0 })],
  ['points.pdb.maxUnavailable is 3 of 3 pods', prod({ 'points.pdb.maxUnavailable': 3 })],
  [
    'callbackGateway.autoscaling.minReplicas is 1 with environment prod',
    prod({ 'callbackGateway.autoscaling.minReplicas': 1 }),
  ],
  [
    'callbackGateway.replicas is 1 with environment prod',
    prod({ 'callbackGateway.autoscaling.enabled': false, 'callbackGateway.replicas': 1 }),
  ],
  [
    'callbackGateway.autoscaling.minReplicas 3 is more than maxReplicas 2',
    prod({ 'callbackGateway.autoscaling.maxReplicas': 2 }),
  ],
  ['points.keda.minReplicas 5 is more than maxReplicas 4', withKeda({ minReplicas: 5, maxReplicas: 4 })],
  ['points.keda.maxReplicas 13 is more than the 12 partitions', withKeda({ minReplicas: 2, maxReplicas: 13 })],
  ['points.keda.minReplicas is 1 with environment prod', withKeda({ minReplicas: 1, maxReplicas: 4 })],
  ['points.keda.enabled is true, and the cluster has no keda.sh/v1alpha1', prod({ 'points.keda.enabled': true })],
  ['monitoring.serviceMonitor is true, and the cluster has no', prod({ 'monitoring.serviceMonitor': true })],
  ['monitoring.prometheusRule is true, and the cluster has no', prod({ 'monitoring.prometheusRule': true })],
  ['jobs.poll.activeDeadlineSeconds is 30', prod({ 'jobs.poll.activeDeadlineSeconds': 30 })],
  ['jobs.probe.schedule every minute is no timetable', prod({ 'jobs.probe.schedule': 'every minute' })],
  ['jobs.poll.schedule CRON_TZ=UTC * * * * * is no timetable', prod({ 'jobs.poll.schedule': 'CRON_TZ=UTC * * * * *' })],
  ['jobDefaults.timeZone UTC+8 is no name of a time zone', prod({ 'jobDefaults.timeZone': 'UTC+8' })],
  ['jobDefaults.timeZone Local is refused by Kubernetes', prod({ 'jobDefaults.timeZone': 'Local' })],
  ['networkPolicy.ingressController is empty', prod({ 'networkPolicy.ingressController': [] })],
  ['networkPolicy.checkoutClients is empty', prod({ 'networkPolicy.checkoutClients': [] })],
  ['networkPolicy.internet is empty', prod({ 'networkPolicy.internet': [] })],
  ['networkPolicy.dns is empty', dev({ 'networkPolicy.dns': [] })],
  ['alerts.disabled names PayguardPoints, and there is no such alert', prod({ 'alerts.disabled': ['PayguardPoints'] })],
  ['alerts.thresholds.tlsExpiryCriticalDays is 20', prod({ 'alerts.thresholds.tlsExpiryCriticalDays': 20 })],
];

function topics(replicationFactor: number, minInsyncReplicas: number): object {
  return { partitions: 12, replicationFactor, minInsyncReplicas };
}

function withKeda(scale: { minReplicas: number; maxReplicas: number }): ChartOptions {
  const keda = { enabled: true, lagThreshold: 500, ...scale };
  return { ...prod({ 'points.keda': keda }), apiVersions: ['keda.sh/v1alpha1'] };
}
