import { createPrivateKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { authorizationHeader } from '../../src/wechatpay-api/sign-request.ts';
import vectors from '../vectors/request-signature.official-docs.json' with { type: 'json' };

const methodSchema = z.enum(['GET', 'POST']);

describe('a signed request', () => {
  test.each(vectors.requestSignatures)(
    'has the signature of the official documents: $name',
    ({ message, signature }) => {
      const [method, target = '', timestamp, nonce = '', ...body] = message.slice(0, -1).split('\n');
      const header = authorizationHeader(
        {
          mchid: vectors.mchid,
          serialNo: vectors.merchantSerial,
          privateKey: createPrivateKey(vectors.privateKeyPem),
        },
        { method: methodSchema.parse(method), target, timestamp: Number(timestamp), nonce, body: body.join('\n') },
      );
      expect(header).toBe(
        `WECHATPAY2-SHA256-RSA2048 mchid="${vectors.mchid}",nonce_str="${nonce}",signature="${signature}",` +
          `timestamp="${timestamp}",serial_no="${vectors.merchantSerial}"`,
      );
    },
  );
});
