import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** For each rule an import that breaks it: from this file, of that one. */
const BREACHES: Record<string, { from: string; to: string }> = {
  'gateway-reaches-no-database-and-no-api': {
    from: 'services/callback-gateway/src/a.ts',
    to: 'packages/shared/src/wechatpay-api/client.ts',
  },
  'gateway-has-no-database-driver': { from: 'services/callback-gateway/src/b.ts', to: 'node_modules/mariadb/index.ts' },
  'what-the-gateway-uses-reaches-no-database': {
    from: 'packages/shared/src/kafka/c.ts',
    to: 'packages/shared/src/database/pool.ts',
  },
  'only-points-reaches-the-ledger': { from: 'services/console/src/d.ts', to: 'services/points/src/ledger.ts' },
  'services-do-not-import-each-other': { from: 'services/points/src/e.ts', to: 'services/alerter/src/main.ts' },
  'shared-imports-no-service': { from: 'packages/shared/src/http/f.ts', to: 'services/alerter/src/main.ts' },
  'simulator-is-a-product-of-its-own': {
    from: 'packages/wechatpay-simulator/src/g.ts',
    to: 'packages/shared/src/clock/clock.ts',
  },
  'alerter-asks-wechatpay-nothing': {
    from: 'services/alerter/src/l.ts',
    to: 'packages/shared/src/wechatpay-api/client.ts',
  },
  'receivers-are-a-product-of-their-own': {
    from: 'packages/receivers/src/m.ts',
    to: 'packages/shared/src/clock/clock.ts',
  },
  'dashboards-stand-alone': {
    from: 'packages/dashboards/src/n.ts',
    to: 'packages/shared/src/clock/clock.ts',
  },
  'rules-and-events-are-pure': { from: 'services/points/src/decide.ts', to: 'packages/shared/src/database/pool.ts' },
  'production-code-uses-no-stand-in': {
    from: 'services/points/src/h.ts',
    to: 'packages/wechatpay-simulator/src/simulator.ts',
  },
  'no-circles': { from: 'services/points/src/i.ts', to: 'services/points/src/j.ts' },
  'no-unresolved-import': { from: 'services/points/src/k.ts', to: 'services/points/src/nowhere.ts' },
};

let tree: string;
let broken: Map<string, string[]>;

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'payguard-boundaries-'));
  for (const file of ['.dependency-cruiser.mjs', 'tsconfig.base.json']) await cp(join(ROOT, file), join(tree, file));
  for (const { from, to } of Object.values(BREACHES)) {
    if (!to.endsWith('nowhere.ts')) await add(to, 'export const there = 1;\n');
    await add(from, importOf(from, to));
  }
  await add('services/points/src/j.ts', importOf('services/points/src/j.ts', 'services/points/src/i.ts'));
  broken = await violations(tree);
});

afterAll(() => rm(tree, { recursive: true, force: true }));

it.each(Object.entries(BREACHES))('lint fails on a breach of %s', (rule, { from }) => {
  expect(broken.get(rule)).toContain(from);
});

it('every rule has a breach here', async () => {
  const { default: config } = await import(join(ROOT, '.dependency-cruiser.mjs'));
  const rules: string[] = config.forbidden.map((rule: { name: string }) => rule.name);
  expect(rules.toSorted()).toEqual(Object.keys(BREACHES).toSorted());
});

async function add(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(tree, file)), { recursive: true });
  await writeFile(join(tree, file), text);
}

function importOf(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return `import { there } from '${path.startsWith('.') ? path : `./${path}`}';\nexport const here = there;\n`;
}

/** Runs the lint of this repository on the tree; the files that break each rule. It must exit with an error. */
function violations(folder: string): Promise<Map<string, string[]>> {
  const depcruise = join(ROOT, 'node_modules/.bin/depcruise');
  const args = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'packages', 'services'];
  return new Promise((resolve, reject) => {
    // The json reporter always exits 0; that errors fail the run is the exit code of the default reporter.
    execFile(depcruise, args, { cwd: folder, maxBuffer: 16 * 1024 * 1024 }, (err, stdout) => {
      if (err !== null && stdout === '') return reject(err);
      const found = new Map<string, string[]>();
      const summary: { violations: { from: string; rule: { name: string; severity: string } }[] } =
        JSON.parse(stdout).summary;
      for (const { from, rule } of summary.violations) {
        expect(rule.severity).toBe('error');
        found.set(rule.name, [...(found.get(rule.name) ?? []), from]);
      }
      resolve(found);
    });
  });
}
