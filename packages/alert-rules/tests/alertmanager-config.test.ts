import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { renderAlertmanagerConfig } from '../src/render-alertmanager-config.ts';
import { isInstalled, runTool } from './run-tool.ts';

const OPTIONS = { alerterUrl: 'http://127.0.0.1:8082/v1/alertmanager', tokenFile: '/etc/payguard/alertmanager-token' };

describe('Alertmanager’s configuration', () => {
  it('sends to the alerter with the bearer token, and repeats after four hours', () => {
    expect(parseYaml(renderAlertmanagerConfig(OPTIONS))).toMatchObject({
      route: { receiver: 'alerter', group_wait: '5s', group_interval: '1m', repeat_interval: '4h' },
      receivers: [
        {
          name: 'alerter',
          webhook_configs: [
            {
              url: OPTIONS.alerterUrl,
              http_config: { authorization: { type: 'Bearer', credentials_file: OPTIONS.tokenFile } },
            },
          ],
        },
        { name: 'dead-mans-switch' },
        { name: 'beside-the-alerter' },
      ],
    });
  });

  it('is quicker in a drill', () => {
    const yaml = renderAlertmanagerConfig({ ...OPTIONS, groupWaitSeconds: 1, groupIntervalSeconds: 2 });
    expect(parseYaml(yaml)).toMatchObject({ route: { group_wait: '1s', group_interval: '2s' } });
  });

  it('refuses a path that would end its quotation', () => {
    expect(() => renderAlertmanagerConfig({ ...OPTIONS, tokenFile: 'a"b' })).toThrow(
      'tokenFile of Alertmanager must not',
    );
  });
});

describe.skipIf(!isInstalled('amtool'))('Alertmanager', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
    writeFileSync(join(folder, 'alertmanager.yaml'), renderAlertmanagerConfig(OPTIONS));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('accepts it', async () => {
    expect(await runTool('amtool', ['check-config', 'alertmanager.yaml'], folder)).toContain('SUCCESS');
  });

  it.each([
    ['PayguardCallbacksMissing', 'alerter'],
    ['Watchdog', 'alerter,dead-mans-switch'],
    ['PayguardAlerterAbsent', 'beside-the-alerter,alerter'],
    ['PayguardAlertDeliveryFailing', 'beside-the-alerter,alerter'],
    ['PayguardAlertmanagerRefused', 'beside-the-alerter,alerter'],
    ['PayguardDatabaseDown', 'beside-the-alerter,alerter'],
    ['PayguardStateStale', 'beside-the-alerter,alerter'],
    ['PayguardStateAbsent', 'beside-the-alerter,alerter'],
    ['PayguardPointsAbsent', 'beside-the-alerter,alerter'],
    ['PayguardAlertsGivenUp', 'beside-the-alerter,alerter'],
    ['PayguardAlertmanagerMalformed', 'beside-the-alerter,alerter'],
  ])('takes %s to %s', async (alert, receivers) => {
    const args = ['config', 'routes', 'test', '--config.file=alertmanager.yaml', `alertname=${alert}`];
    expect((await runTool('amtool', args, folder)).split('\n')).toContain(receivers);
  });
});
