import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@payguard/shared/clock/clock';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startHost, type TestHost } from '../../shared/tests/callback-probe/test-host.ts';
import { openTestDatabase, type TestDatabase } from '../../shared/tests/database/open-test-database.ts';
import { type Result, runPayguard } from './run-payguard.ts';

let folder: string;
let gateway: TestHost;
let swallowing: TestHost;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'payguard-probe-'));
  gateway = await startHost(({ method }, answer) =>
    method === 'GET'
      ? answer.end('{"status":"ok"}')
      : answer.writeHead(400).end('{"code":"FAIL","message":"a header is missing"}'),
  );
  swallowing = await startHost((_request, answer) => answer.end('thank you'));
});
afterAll(async () => {
  await Promise.all([gateway.close(), swallowing.close()]);
  rmSync(folder, { recursive: true });
});

function probe(args: string[], environment: Record<string, string> = {}): Promise<Result> {
  const keys = { apiV3KeyFile: 'unused', verificationKeysDir: 'unused' };
  const merchants = [
    { mchid: '1900000109', appids: ['wxd678efh567hg6787'], notifyUrl: gateway.callbackUrl, keys },
    { mchid: '1900000208', appids: ['wxd678efh567hg6787'], notifyUrl: swallowing.callbackUrl, keys },
    { mchid: '1900000307', appids: ['wxd678efh567hg6787'], keys },
  ];
  const file = join(folder, 'merchants.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ merchants }));
  return runPayguard(['probe', ...args], { MERCHANTS_FILE: file, ALLOW_LOCAL_NOTIFY_URL: 'true', ...environment });
}

it('payguard probe says of each notify URL whether callbacks can arrive, and ends with 1 where they cannot', async () => {
  const { code, stdout } = await probe([]);
  expect(code).toBe(1);
  expect(stdout).toContain(`ok    ok: ${gateway.callbackUrl} (1900000109)\n`);
  expect(stdout).toContain(`bad   post_accepted: ${swallowing.callbackUrl} (1900000208)\n`);
  expect(stdout).toContain('swallows WeChat Pay');
  expect(stdout).toContain('warn  1900000307: merchants.yaml has no notifyUrl');
  expect(stdout).toMatch(/\n2 URLs probed, 1 to mend\.\n$/);
});

it('payguard probe --mchid asks for one merchant, --url for any URL, and ends with 0 where all is well', async () => {
  expect(await probe(['--mchid', '1900000109'])).toMatchObject({ code: 0 });
  const { code, stdout } = await probe(['--url', gateway.callbackUrl, '--json'], { MERCHANTS_FILE: '' });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([{ url: gateway.callbackUrl, finding: 'ok', http_status: 200 }]);
});

it('payguard probe refuses what WeChat Pay could not call, unless it is told to ask all the same', async () => {
  const { code, stdout } = await probe(['--mchid', '1900000109'], { ALLOW_LOCAL_NOTIFY_URL: '' });
  expect(code).toBe(1);
  expect(stdout).toContain('is not https; WeChat Pay calls nothing else.');
});

it.each([
  [['--mchid', '1900000307'], {}, 'has no notifyUrl for 1900000307'],
  [['--mchid', '1900000406'], {}, 'names no merchant 1900000406'],
  [['--mchid', '1900000109', '--url', 'https://pay.shop.com/'], {}, 'not both'],
  [[], { PROBE_CA_FILE: '/nowhere.pem' }, '/nowhere.pem (PROBE_CA_FILE)'],
])('payguard probe %j with %j ends with 2 and says why', async (args, environment, words) => {
  expect(await probe(args, environment)).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
});

it('payguard probe --record keeps what it finds, as the job does', async () => {
  const database: TestDatabase = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  await probe(['--mchid', '1900000109', '--record'], { DATABASE_URL: database.url });
  const rows = await database.pool.query('SELECT url, finding FROM callback_probes');
  expect(rows).toEqual([{ url: gateway.callbackUrl, finding: 'ok' }]);
  await database.drop();
});
