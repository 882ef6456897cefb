import { parseArgs } from 'node:util';
import { type Command, EXIT_OK } from '@payguard/cli/command';
import { DEFAULT_STATE_DIR } from '../servers/default-folders.ts';
import { startServers } from '../servers/start-servers.ts';
import { readOwnServers } from '../system/own-servers.ts';
import { runFile } from '../system/run-file.ts';
import { type LocalSystem, startLocal } from '../system/start-local.ts';
import { READY, startDetached } from './start-detached.ts';
import { aborted, abortOnStopSignal } from './stop-signals.ts';

const HELP = `Usage: npm start -- [--detach] [--state DIR] [--observability] [--only-servers]

Starts the whole system on this machine: Apache Kafka, MariaDB, a simulated WeChat Pay, stand-ins for mail server and chat
robots, payguard's services, and its jobs by their timetable.
Ctrl-C stops it in order; a second one ends it at once. With KAFKA_BROKERS and DATABASE_URL set, those servers are used.

  --detach        return when it is ready; npm run stop stops it
  --state DIR     data, keys and logs (default: .payguard)
  --observability Prometheus and Alertmanager too, with payguard's alert rules (Debian packages prometheus and
                  prometheus-alertmanager)
  --only-servers  Kafka and MariaDB alone, empty

Exit code: 0 stopped as asked (or ready, with --detach), 1 something failed, 2 something is missing or wrong.`;

export const startCommand: Command = {
  summary: 'start the whole system on this machine',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: {
        detach: { type: 'boolean', default: false },
        state: { type: 'string', default: DEFAULT_STATE_DIR },
        observability: { type: 'boolean', default: false },
        'only-servers': { type: 'boolean', default: false },
      },
    });
    const signal = abortOnStopSignal();
    if (values.detach) return startDetached(values.state, args, signal);
    const startedAt = performance.now();
    const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1);
    if (values['only-servers']) await runServers(values.state, signal, seconds);
    else await runSystem({ stateDir: values.state, isObserved: values.observability }, signal, seconds);
    return EXIT_OK;
  },
};

const print = (line: string) => console.log(line);
const howToStop = () => (process.stdout.isTTY ? 'Ctrl-C' : 'npm run stop');

async function runSystem(
  { stateDir, isObserved }: { stateDir: string; isObserved: boolean },
  signal: AbortSignal,
  seconds: () => string,
): Promise<void> {
  const ownServers = readOwnServers(process.env);
  const observability = isObserved ? {} : undefined;
  const system = await startLocal({
    stateDir,
    ownServers,
    preferUsualPorts: true,
    observability,
    onProgress: print,
    signal,
  });
  print(describeSystem(system, stateDir, seconds()));
  await aborted(signal);
  await system.stop();
}

async function runServers(stateDir: string, signal: AbortSignal, seconds: () => string): Promise<void> {
  const servers = await startServers({ stateDir, onProgress: print, signal });
  const addresses = `KAFKA_BROKERS=${servers.kafka.brokers.join(',')} DATABASE_URL=${servers.mariadb.url}`;
  print(`${READY} in ${seconds()} s\n\n  export ${addresses}\n\nStop them with ${howToStop()}.`);
  await aborted(signal);
  await servers.stop();
  print('Kafka and MariaDB stopped');
}

/** One text, so that whoever waits for the first line of it has the rest too. */
function describeSystem({ run }: LocalSystem, stateDir: string, seconds: string): string {
  const rows = [
    ['callback URL', run.gateway.callbackUrl],
    ['order API', `${run.checkout.url}  (key in ${run.checkout.apiKeyFile})`],
    ['WeChat Pay', `${run.simulator.url}  (simulator: open it in a browser; control API ${run.simulator.controlUrl})`],
    ['messages', `${run.receivers.url}  (what mail server and chat robots got: open it in a browser)`],
    ...(run.observability === null
      ? []
      : [
          ['Prometheus', run.observability.prometheus.url],
          ['Alertmanager', run.observability.alertmanager.url],
        ]),
    ['Kafka', run.kafka.brokers.join(',')],
    ['database', withoutPassword(run.database.url)],
    ...run.services.map(({ name, metricsUrl }) => [`metrics ${name}`, metricsUrl]),
    ['jobs', run.jobs.map(({ name, schedule }) => `${name} (${schedule})`).join(', ')],
    ['logs', run.simulator.log.replace(/[^/]+$/, '*.log')],
    ['for scripts', runFile(stateDir)],
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return [
    `${READY} in ${seconds} s`,
    '',
    ...rows.map(([name = '', address = '']) => `  ${name.padEnd(width)}  ${address}`),
    '',
    `Next: npm run demo plays the incident${process.stdout.isTTY ? ' (in another terminal)' : ''}, npm run status looks, ${howToStop()} stops.`,
  ].join('\n');
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.toString();
}
