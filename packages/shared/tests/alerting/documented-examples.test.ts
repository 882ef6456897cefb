import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { loadAlertsFile } from '../../src/alerting/alerts-file.ts';

const EXAMPLES = join(import.meta.dirname, '../../../../docs/examples');

it('the documented alerts.yaml can be used, and shows every type of channel', () => {
  const { channels, routes, shop } = loadAlertsFile(join(EXAMPLES, 'alerts.yaml'));
  expect(Object.values(channels).map(({ type }) => type)).toEqual(['dingtalk', 'wecom', 'mail', 'webhook']);
  expect(routes.at(-1)).toEqual({ to: ['finance-wecom'] });
  expect(shop?.secretFile).toBe(join(EXAMPLES, 'secrets/shop-webhook-secret'));
});

it('the documented receiver of webhooks believes what is signed, and nothing older, other or unsigned', async () => {
  const { isSigned } = await import(pathToFileURL(join(EXAMPLES, 'receive-webhook.mjs')).href);
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const at = new Date('2025-07-12T00:00:00Z');
  const seconds = at.getTime() / 1_000;
  const body = '{"type":"points.credited","note":"积分"}';
  const headers = {
    'webhook-id': 'credit:1',
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,other ${new Webhook(secret).sign('credit:1', at, body)}`,
  };
  expect(isSigned(secret, headers, body, seconds + 300)).toBe(true);
  expect(isSigned(secret, headers, `${body} `, seconds)).toBe(false);
  expect(isSigned(secret, headers, body, seconds + 301)).toBe(false);
  expect(isSigned(secret, { ...headers, 'webhook-id': 'credit:2' }, body, seconds)).toBe(false);
  expect(isSigned(secret, {}, body, seconds)).toBe(false);
});
