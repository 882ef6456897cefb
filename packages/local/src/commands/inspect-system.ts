import { connect } from 'node:net';
import type { RunJson } from '../system/run-file.ts';

export type PartStatus = {
  name: string;
  pid: number | null;
  isReady: boolean;
  restarts: number;
  address: string;
};

/** All is on this machine: what has not answered by now will keep a payer waiting too. */
const ANSWER_TIMEOUT_MS = 2_000;

/** Asks every part whether it is ready: services by their readiness, servers by a connection. */
export async function inspectSystem(run: RunJson): Promise<PartStatus[]> {
  const servers = run.servers.map(async (server) => ({ ...server, isReady: await accepts(server.address) }));
  const simulator = answersOk(`${run.simulator.controlUrl}/health`).then((isReady) => ({
    ...run.simulator,
    isReady,
    address: run.simulator.url,
  }));
  const receivers = answersOk(`${run.receivers.url}/tallies`).then((isReady) => ({
    ...run.receivers,
    isReady,
    address: run.receivers.url,
  }));
  const observers = Object.values(run.observability ?? {}).map(async (observer) => ({
    ...observer,
    isReady: await answersOk(observer.readyUrl),
    address: observer.url,
  }));
  const publicAddresses = new Map([
    ['callback-gateway', run.gateway.callbackUrl],
    ['checkout', run.checkout.url],
    ['alerter', run.alerter.url],
  ]);
  const services = run.services.map(async (service) => ({
    ...service,
    isReady: await answersOk(service.readyUrl),
    address: publicAddresses.get(service.name) ?? service.metricsUrl,
  }));
  return Promise.all([...servers, simulator, receivers, ...services, ...observers]);
}

/** What waits, in one sentence, as the services' own metrics have it. */
export async function readNumbers(run: RunJson): Promise<string> {
  const texts = await Promise.all(run.services.map(({ metricsUrl }) => fetchText(metricsUrl)));
  const metrics = texts.join('\n');
  const pending = sum(metrics, 'payguard_orders_pending');
  const lag = sum(metrics, 'payguard_consumer_lag_records');
  const deadLetters = sum(metrics, 'payguard_dead_letters_unhandled');
  const accepted = sum(metrics, 'payguard_callbacks_total', 'outcome="published"');
  return `${pending} orders pending, ${lag} events behind, ${deadLetters} dead letters, ${accepted} callbacks accepted since its start.`;
}

function sum(metrics: string, name: string, label = ''): number {
  return metrics
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

async function fetchText(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return await answer.text();
  } catch {
    return '';
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}

function accepts(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(',')[0]?.split(':') ?? [];
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    const settle = (isAccepted: boolean) => {
      socket.destroy();
      resolve(isAccepted);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
