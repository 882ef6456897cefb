import { ConfigError } from '@payguard/shared/config/config-error';
import { expect, it } from 'vitest';
import { openShopWebhook } from '../../src/sending/shop/open-shop-webhook.ts';

it.each(['http://shop.example.com/hooks', 'ftp://shop.example.com/'])('credits are never posted to %s', (url) => {
  const open = () => openShopWebhook({ url, secretFile: '/nowhere', credits: 'all' });
  expect(open).toThrow(ConfigError);
  expect(open).toThrow(/^shop\.url: must begin with https/);
});
