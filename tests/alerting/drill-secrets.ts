import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunJson } from '@payguard/local/system/run-file';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';

/** What the alerter keeps in the database; bodies of the shop's webhook among it. */
const ALERT_TABLES = ['mismatches', 'alert_notices', 'alert_deliveries', 'alert_channels', 'shop_notifications'];
const CALL_TIMEOUT_MS = 10_000;

/** A secret by the name of its file. */
export type Secret = { name: string; value: string };

/** Every secret that alerts are sent with, as the receivers and Alertmanager hold them. */
export function readSecrets(stateDir: string, run: RunJson): Secret[] {
  const folder = join(stateDir, 'receivers');
  const files = readdirSync(folder).filter((name) => /token|secret|key|password/.test(name) && !name.endsWith('.pem'));
  return [...files.map((name) => join(folder, name)), run.alerter.alertmanagerTokenFile].map((file) => ({
    name: basename(file),
    value: readFileSync(file, 'utf8').trim(),
  }));
}

/** Where secrets must not stand. */
export type Place = { name: string; text: string };

/** Logs, metrics, messages, the alerter's tables, and what Prometheus and Alertmanager keep and answer. */
export async function readPlaces(stateDir: string, run: RunJson): Promise<Place[]> {
  return [
    ...filesUnder(join(stateDir, 'logs')),
    ...filesUnder(join(stateDir, 'observability')),
    ...(await metrics(run)),
    await fetchPlace(`${run.receivers.url}/messages`),
    ...(await observersAnswers(run)),
    ...(await alertTables(run)),
  ];
}

/** Which of them stand in which places, a sentence each. */
export function findSecrets(places: readonly Place[], secrets: readonly Secret[]): string[] {
  return places.flatMap(({ name, text }) =>
    secrets.filter(({ value }) => text.includes(value)).map((secret) => `${secret.name} stands in ${name}`),
  );
}

function filesUnder(folder: string): Place[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .map((name) => join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .map((file) => ({ name: file, text: readFileSync(file, 'latin1') }));
}

function metrics({ services }: RunJson): Promise<Place[]> {
  return Promise.all(services.map(({ metricsUrl }) => fetchPlace(metricsUrl)));
}

/** Their files may be compressed: they are asked as well. */
function observersAnswers({ observability }: RunJson): Promise<Place[]> {
  if (observability === null) return Promise.resolve([]);
  const { prometheus, alertmanager } = observability;
  const paths = ['/api/v1/status/config', '/api/v1/rules', '/api/v1/alerts', '/api/v1/targets'];
  const series = `/api/v1/series?${new URLSearchParams({ 'match[]': '{__name__=~".+"}' })}`;
  return Promise.all([
    ...[...paths, series].map((path) => fetchPlace(prometheus.url + path)),
    ...['/api/v2/status', '/api/v2/alerts'].map((path) => fetchPlace(alertmanager.url + path)),
  ]);
}

async function fetchPlace(url: string): Promise<Place> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`);
  return { name: url, text: await answer.text() };
}

async function alertTables({ database }: RunJson): Promise<Place[]> {
  const pool = createDatabasePool({ url: database.url, connectionLimit: 1 });
  try {
    const places: Place[] = [];
    for (const table of ALERT_TABLES) {
      const rows: unknown[] = await pool.query(`SELECT * FROM ${table}`);
      const text = JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
      places.push({ name: `table ${table}`, text });
    }
    return places;
  } finally {
    await pool.end();
  }
}
