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

const MEMORY = 'resources.requests.memory';
const CPU_TURNED_AROUND = { requests: { cpu: 1.1 }, limits: { cpu: '1000m' } };
const MIXED_PEER = { ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} };

export const ADDRESSES: RefusedCase[] = [
  ['ingress.host pay.internal is a name of a private network', prod({ 'ingress.host': 'pay.internal' })],
  ['ingress.host https://pay.example.com is no host name', prod({ 'ingress.host': 'https://pay.example.com' })],
  ['ingress.host Pay.example.com is no host name', prod({ 'ingress.host': 'Pay.example.com' })],
  ['ingress.host 8.8.8.8 is no host name', prod({ 'ingress.host': '8.8.8.8' })],
  ['ingress.tlsSecret is empty with environment prod', prod({ 'ingress.tlsSecret': '' })],
  [
    'ingress.tlsSecret is empty with environment prod',
    prod({ 'ingress.tlsSecret': '', 'ingress.annotations': { 'cert-manager.io/cluster-issuer': 'letsencrypt' } }),
  ],
  [
    'merchants[0].notifyUrl https://PAY.example.com/notify is at ingress.host',
    prod({ 'merchants[0].notifyUrl': 'https://PAY.example.com/notify' }),
  ],
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
  ['kafka.sasl.mechanism is empty with environment prod', prod({ 'kafka.sasl.mechanism': '' })],
  ['kafka.sasl.users gives two parts one user', staging({ 'kafka.sasl.users.points': 'payguard-alerter' })],
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
  ['shopTimeZone Asia/Shanghia is no name of a time zone', prod({ shopTimeZone: 'Asia/Shanghia' })],
  ['image.registry is empty with environment prod', prod({ 'image.registry': '' })],
  ['image.tag is latest with environment prod', prod({ 'image.tag': 'latest' })],
  ['migrate.legacy has one of mchid and appid', prod({ 'migrate.legacy.mchid': '1900000109' })],
  [
    'networkPolicy.tracingPeers is empty while tracing.endpoint',
    prod({ 'tracing.endpoint': 'https://traces.vendor.io' }),
  ],
  ['tracing.endpoint collector:4318 is no address', prod({ 'tracing.endpoint': 'collector:4318' })],
];

export const SECRETS: RefusedCase[] = [
  ['merchants is empty; add each merchant number', prod({ merchants: [] })],
  ['merchants[1].mchid 1900000109 stands twice', prod({ merchants: [MERCHANT, MERCHANT] })],
  [
    'merchants[0].mchid is a number; put it in quotation marks',
    prod({ merchants: [{ ...MERCHANT, mchid: 1900000109 }] }),
  ],
  [
    'merchants[0] names one Secret as verificationSecret and signingSecret',
    prod({ 'merchants[0].signingSecret': 'payguard-1900000109-verification' }),
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
  ['jobs.poll.activeDeadlineSeconds is 90', prod({ 'jobs.poll.activeDeadlineSeconds': 90 })],
  ['jobs.poll.schedule is @monthly with environment prod', prod({ 'jobs.poll.schedule': '@monthly' })],
  ['jobs.poll.schedule is 0 3 * * * with environment prod', prod({ 'jobs.poll.schedule': '0 3 * * *' })],
  ['jobs.probe.schedule 61 * * * * is no timetable', prod({ 'jobs.probe.schedule': '61 * * * *' })],
  ['jobs.probe.schedule 0 0-24 * * * is no timetable', prod({ 'jobs.probe.schedule': '0 0-24 * * *' })],
  ['jobs.probe.schedule 0 0 0 * * is no timetable', prod({ 'jobs.probe.schedule': '0 0 0 * *' })],
  ['jobs.probe.schedule 0 0 * 13 * is no timetable', prod({ 'jobs.probe.schedule': '0 0 * 13 *' })],
  ['jobs.probe.schedule 0 0 * * 7 is no timetable', prod({ 'jobs.probe.schedule': '0 0 * * 7' })],
  ['jobs.probe.schedule */0 * * * * is no timetable', prod({ 'jobs.probe.schedule': '*/0 * * * *' })],
  ['jobs.probe.schedule every minute is no timetable', prod({ 'jobs.probe.schedule': 'every minute' })],
  ['jobs.poll.schedule CRON_TZ=UTC * * * * * is no timetable', prod({ 'jobs.poll.schedule': 'CRON_TZ=UTC * * * * *' })],
  ['jobDefaults.timeZone UTC+8 is no name of a time zone', prod({ 'jobDefaults.timeZone': 'UTC+8' })],
  ['jobDefaults.timeZone Asia/Shanghia is no name', prod({ 'jobDefaults.timeZone': 'Asia/Shanghia' })],
  ['jobDefaults.timeZone Local is refused by Kubernetes', prod({ 'jobDefaults.timeZone': 'Local' })],
  ['networkPolicy.ingressController is empty', prod({ 'networkPolicy.ingressController': [] })],
  ['networkPolicy.checkoutClients is empty', prod({ 'networkPolicy.checkoutClients': [] })],
  ['networkPolicy.internet is empty', prod({ 'networkPolicy.internet': [] })],
  ['networkPolicy.dns is empty', dev({ 'networkPolicy.dns': [] })],
  ['networkPolicy.kafkaPeers[0] has an ipBlock beside', prod({ 'networkPolicy.kafkaPeers': [MIXED_PEER] })],
  ['alerterEgress[0].to[0] has an ipBlock beside', prod({ 'networkPolicy.alerterEgress': [{ to: [MIXED_PEER] }] })],
  ['channels.mail sends mail to port 25', prod({ 'alerter.config.channels.mail.port': 25 })],
  ['channels.mail sends mail to port 587', prod({ 'networkPolicy.mailPorts': [465] })],
  ['callbackGateway.drainSeconds is 4 with environment prod', prod({ 'callbackGateway.drainSeconds': 4 })],
  ['callbackGateway.resources.requests has no cpu', prod({ 'callbackGateway.resources.requests.cpu': null })],
  ['callbackGateway.resources.requests.memory 512Mi is more', prod({ [`callbackGateway.${MEMORY}`]: '512Mi' })],
  ['jobs.poll.resources.requests.memory 0.5G is more than', prod({ [`jobs.poll.${MEMORY}`]: '0.5G' })],
  ['migrate.resources.requests.memory 1073741824 is more', prod({ [`migrate.${MEMORY}`]: '1073741824' })],
  ['points.resources.requests.cpu 1.1 is more than limits.cpu 1000m', prod({ 'points.resources': CPU_TURNED_AROUND })],
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
