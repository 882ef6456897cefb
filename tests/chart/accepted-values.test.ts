import { describe, expect, it } from 'vitest';
import { type ChartOptions, helmMissing, tryRenderChart } from './render-chart.ts';

const prod = (set: Record<string, unknown>): ChartOptions => ({ values: 'values-prod.yaml', set });

/** What looks like values that are refused, and is right. */
const ACCEPTED: Record<string, ChartOptions> = {
  'timetables with names, lists, ranges and steps': prod({
    'jobs.probe.schedule': '0,30 8-20/2 1-15 Jan-Jun,12 mon-FRI',
  }),
  'zones of all kinds': prod({ 'jobDefaults.timeZone': 'Etc/UTC', shopTimeZone: 'America/Argentina/Buenos_Aires' }),
  'requests as large as limits, in other words': prod({
    'points.resources': { requests: { cpu: '500m', memory: 268435456 }, limits: { cpu: 0.5, memory: '256Mi' } },
  }),
  'a limit of the processor, which is a request too': prod({
    'callbackGateway.resources': { requests: { cpu: null }, limits: { cpu: 1 } },
  }),
  'a certificate that a load balancer is told of': prod({
    'ingress.tlsSecret': '',
    'ingress.annotations': { 'alb.ingress.kubernetes.io/certificate-arn': 'arn:aws:acm:1' },
  }),
  'a mail server on a port of its own': prod({
    'alerter.config.channels.mail.port': 2525,
    'networkPolicy.alerterEgress': [{ to: [{ ipBlock: { cidr: '10.1.2.3/32' } }], ports: [{ port: 2525 }] }],
  }),
  'one Kafka user, where nobody gives it rights': {
    values: 'values-staging.yaml',
    set: { 'kafka.acls.enabled': false, 'kafka.sasl.users.points': 'payguard-alerter' },
  },
  'a number of polls of its own for a rehearsal': {
    values: 'values-staging.yaml',
    set: { 'jobs.poll.schedule': '*/5 * * * *' },
  },
};

describe.skipIf(helmMissing !== undefined)('values that only look wrong are taken', () => {
  it.concurrent.each(Object.entries(ACCEPTED))('%s', async (_, options) => {
    const rendered = await tryRenderChart(options);
    expect(rendered.outcome === 'refused' ? rendered.message : '').toBe('');
  });
});
