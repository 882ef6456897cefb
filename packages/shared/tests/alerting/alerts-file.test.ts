import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadAlertsFile } from '../../src/alerting/alerts-file.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { mismatchKindSchema } from '../../src/events/payment-mismatch.ts';

const folder = mkdtempSync(join(tmpdir(), 'payguard-alerts-file-'));
const path = join(folder, 'alerts.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  writeFileSync(path, text);
  return loadAlertsFile(path);
}

function loadRoutes(routes: Record<string, unknown>[], severities = {}) {
  const channels = { ops: { type: 'wecom', keyFile: 'key' } };
  return load(JSON.stringify({ channels, routes: routes.map((route) => ({ ...route, to: ['ops'] })), severities }));
}

describe('routes', () => {
  const kinds = mismatchKindSchema.options;

  it.each([
    ['a mismatch', [{ severities: ['critical'] }, { alerts: ['X'] }], 'the mismatch unknown_order (warning)'],
    ['any alert', [{ kinds }], 'alerts of the severity critical'],
    ['a severity of alerts', [{ kinds }, { severities: ['critical', 'warning'] }], 'alerts of the severity info'],
    ['an alert that no route names', [{ kinds }, { alerts: ['Known'] }], 'alerts of the severity warning'],
  ])('that leave %s to nobody are refused', (_what, routes, sentence) => {
    expect(() => loadRoutes(routes)).toThrow(ConfigError);
    expect(() => loadRoutes(routes)).toThrow(`${path}: routes: nobody would hear of`);
    expect(() => loadRoutes(routes)).toThrow(sentence);
  });

  it('count with the severities that the file gives to kinds', () => {
    const routes = [{ severities: ['critical', 'warning'] }, { alerts: ['X'], severities: ['info'] }];
    expect(() => loadRoutes(routes, { unknown_order: 'info' })).toThrow('the mismatch unknown_order (info)');
  });

  it('that take everything, by parts or at the end, are taken', () => {
    expect(loadRoutes([{ kinds: ['bill_missing'] }, {}]).routes).toHaveLength(2);
    expect(loadRoutes([{ severities: ['critical'] }, { severities: ['warning', 'info'] }]).routes).toHaveLength(2);
  });
});

describe('a file that is no YAML', () => {
  it('is refused by its line, and none of its text is shown', () => {
    const printed: unknown[] = [];
    const onWarning = (warning: unknown) => printed.push(warning);
    process.on('warning', onWarning);
    expect(() => load('channels:\n  ops: {secret: "hunter2\n')).toThrow(/is not valid YAML: look at line \d+\.$/);
    for (const text of ['a: "hunter2\n', 'a: *hunter2\n', 'a: !hunter2 b\n', 'a: [b\nhunter2: c']) {
      expect(() => load(text)).toThrow(ConfigError);
      expect(() => load(text)).not.toThrow(/hunter2 b|\*hunter2|"hunter2|: hunter2/);
    }
    process.off('warning', onWarning);
    expect(printed).toEqual([]);
    expect(() => loadAlertsFile(join(folder, 'absent.yaml'))).toThrow('cannot be read');
  });
});
