import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { appParameters, jsapiParameters } from '../../src/wechatpay-api/sign-payer-parameters.ts';
import vectors from '../vectors/request-signature.official-docs.json' with { type: 'json' };

const credentials = {
  mchid: vectors.mchid,
  serialNo: vectors.merchantSerial,
  privateKey: createPrivateKey(vectors.privateKeyPem),
};

/** The values in a vector's message, in its order. */
function vectorNamed(name: string) {
  const vector = vectors.invokeSignatures.find((candidate) => candidate.name.startsWith(name));
  const [appid = '', timestamp, nonce = '', last = ''] = vector?.message.split('\n') ?? [];
  return { appid, timestamp: Number(timestamp), nonce, last, signature: vector?.signature };
}

describe('what the payer’s device gets has the signature of the official documents', () => {
  it('for JSAPI and mini programs', () => {
    const { last, signature, ...values } = vectorNamed('JSAPI');
    const prepayId = last.replace('prepay_id=', '');
    expect(jsapiParameters(credentials, { ...values, prepayId }).parameters).toEqual({
      ...{ appId: values.appid, timeStamp: '1554208460', nonceStr: values.nonce },
      ...{ package: last, signType: 'RSA', paySign: signature },
    });
  });

  it('for apps', () => {
    const { last: prepayId, signature, ...values } = vectorNamed('APP');
    expect(appParameters(credentials, { ...values, prepayId }).parameters).toEqual({
      ...{ appid: values.appid, partnerid: vectors.mchid, prepayid: prepayId, package: 'Sign=WXPay' },
      ...{ noncestr: values.nonce, timestamp: '1554208460', sign: signature },
    });
  });
});
