import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { dashboardFiles } from '../src/dashboard-files.ts';
import { readDashboard } from '../src/read-dashboard.ts';

/** The newer program takes a subcommand; where packages put the pages that Grafana serves. */
const PROGRAMS = { grafana: ['server'], 'grafana-server': [] } as const;
const HOME = process.env.GRAFANA_HOME ?? '/usr/share/grafana';
const PROGRAM = findGrafana();
const READY_MS = 60_000;

const loadedSchema = z.object({ dashboard: z.object({ panels: z.array(z.object({ title: z.string() })) }) });

describe.skipIf(PROGRAM === undefined)('a real Grafana', () => {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-grafana-'));
  let grafana: ChildProcess | undefined;
  let url = '';
  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    grafana = startGrafana(folder, port);
    await ready(`${url}/api/health`);
  }, READY_MS);
  afterAll(async () => {
    const ended = new Promise((resolve) => grafana?.once('exit', resolve) ?? resolve(undefined));
    grafana?.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(dashboardFiles().map(({ path }) => [basename(path), path]))(
    'loads %s with all its panels',
    async (_, path) => {
      const dashboard: unknown = JSON.parse(readFileSync(path, 'utf8'));
      const saved = await fetch(`${url}/api/dashboards/db`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ dashboard, overwrite: true }),
      });
      expect(saved.status, await saved.text()).toBe(200);
      const { uid, panels } = readDashboard(path);
      const loaded = loadedSchema.parse(await (await fetch(`${url}/api/dashboards/uid/${uid}`)).json());
      expect(loaded.dashboard.panels.map(({ title }) => title)).toEqual(panels.map(({ title }) => title));
    },
  );
});

function findGrafana(): keyof typeof PROGRAMS | undefined {
  for (const name of ['grafana', 'grafana-server'] as const) {
    if (spawnSync(name, ['--version']).error === undefined) return name;
  }
  console.log('skipped: Grafana is not installed, so that no real one loads the dashboards');
  return undefined;
}

function startGrafana(folder: string, port: number): ChildProcess {
  const program = PROGRAM ?? 'grafana';
  return spawn(program, [...PROGRAMS[program], '--homepath', HOME], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      GF_PATHS_DATA: join(folder, 'data'),
      GF_PATHS_LOGS: join(folder, 'logs'),
      GF_PATHS_PLUGINS: join(folder, 'plugins'),
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: String(port),
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_AUTH_ANONYMOUS_ORG_ROLE: 'Admin',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    },
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function ready(healthUrl: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline) {
    const status = await fetch(healthUrl).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    await wait(200);
  }
  throw new Error(`Grafana did not answer ${healthUrl} within ${READY_MS / 1000} s.`);
}
