import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { apply, applyFor, call, DAY, moveTo, NEXT_DAY, openBillScene, payOrderOf, sha1 } from './bill-scene.ts';
import { isAnswerSignedBy } from './merchant-client.ts';

// Pages 4013071227 (application), 4012084430 (download); error codes as those pages list them.

describe('applying for a bill', () => {
  it('is answered, signed, with hash and address in the shape of the published answer', async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'APPLIED_1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const answer = await apply(scene, `bill_date=${DAY}&bill_type=ALL`);
    expect(isAnswerSignedBy(answer, scene.merchant.platform.publicKeyPem)).toBe(true);
    expect(Object.keys(answer.json).sort()).toEqual(['download_url', 'hash_type', 'hash_value']);
    expect(answer.json).toMatchObject({
      hash_type: 'SHA1',
      hash_value: expect.stringMatching(/^[0-9a-f]{40}$/),
      download_url: expect.stringMatching(/\/v3\/billdownload\/file\?token=[\w-]{64}$/),
    });
    expect(answer.json.download_url).toContain(`${scene.simulator.apiUrl}/`);
  });

  it.each([
    ['before its day is over', `${DAY} 23:59:59`, 400, 'PARAM_ERROR'],
    ['when its day has just ended', `${NEXT_DAY} 00:00:00`, 400, 'STATEMENT_CREATING'],
    ['at 09:00 of the next day', `${NEXT_DAY} 09:00:00`, 400, 'STATEMENT_CREATING'],
    ['a second before 10:00', `${NEXT_DAY} 09:59:59`, 400, 'STATEMENT_CREATING'],
    ['at 10:00 of the next day', `${NEXT_DAY} 10:00:00`, 200, undefined],
    ['three months later', '2026-06-10 23:59:59', 200, undefined],
    ['a day after three months', '2026-06-11 00:00:00', 400, 'PARAM_ERROR'],
  ])('%s (%s Beijing time) is answered %i %s', async (_when, time, status, code) => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'TIMED_1', 100);
    await moveTo(scene, time);
    const answer = await apply(scene, `bill_date=${DAY}`);
    expect(answer).toMatchObject({ status, json: code === undefined ? {} : { code } });
  });

  it('of a day without trades is NO_STATEMENT_EXIST, and so is a type without lines', async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'NO_REFUND_1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const noStatement = { status: 400, json: { code: 'NO_STATEMENT_EXIST' } };
    expect(await apply(scene, 'bill_date=2026-03-09')).toMatchObject(noStatement);
    expect(await apply(scene, `bill_date=${DAY}&bill_type=REFUND`)).toMatchObject(noStatement);
    expect((await apply(scene, `bill_date=${DAY}&bill_type=SUCCESS`)).status).toBe(200);
  });

  it.each([
    ['no bill_date', ''],
    ['a bill_date without dashes', 'bill_date=20260309'],
    ['a bill_date that is no day', 'bill_date=2026-02-30'],
    ['a bill_date of tomorrow', `bill_date=${NEXT_DAY}`],
    ['an unknown bill_type', 'bill_date=2026-03-09&bill_type=RECHARGE_REFUND'],
    ['an unknown tar_type', 'bill_date=2026-03-09&tar_type=ZIP'],
  ])('with %s is PARAM_ERROR', async (_name, query) => {
    await using scene = await openBillScene();
    expect(await apply(scene, query)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
  });
});

describe('downloading a bill', () => {
  it('gives the bytes of the hash as text, unsigned', async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'PLAIN_1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const { hash, path } = await applyFor(scene, `bill_date=${DAY}`);
    const file = await call(scene, path);
    expect(file.status).toBe(200);
    expect(file.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(file.headers.get('request-id')).toMatch(/-0$/);
    expect([...file.headers.keys()].filter((name) => name.startsWith('wechatpay-'))).toEqual([]);
    expect(sha1(file.bytes)).toBe(hash);
  });

  it('gives a gzip that opens to the same bytes when GZIP was asked for', async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'PACKED_1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const plain = await applyFor(scene, `bill_date=${DAY}`);
    const packed = await applyFor(scene, `bill_date=${DAY}&tar_type=GZIP`);
    expect(packed.hash).toBe(plain.hash);
    expect(packed.path).toMatch(/&tartype=gzip$/);
    const file = await call(scene, packed.path);
    expect(file.headers.get('content-type')).toBe('application/gzip');
    expect(file.headers.get('content-encoding')).toBeNull();
    expect(sha1(gunzipSync(file.bytes))).toBe(plain.hash);
  });

  it('is possible for five minutes', async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'EXPIRING_1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const { path } = await applyFor(scene, `bill_date=${DAY}`);
    await moveTo(scene, `${NEXT_DAY} 10:04:59`);
    expect((await call(scene, path)).status).toBe(200);
    await moveTo(scene, `${NEXT_DAY} 10:05:00`);
    expect(await call(scene, path)).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
  });

  it('is refused without a token, and with one that was never given out', async () => {
    await using scene = await openBillScene();
    for (const query of ['', '?token=', `?token=${'A'.repeat(64)}`]) {
      const answer = await call(scene, `/v3/billdownload/file${query}`);
      expect(answer).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    }
  });

  it('needs the signature of the merchant that applied', async () => {
    await using scene = await openBillScene({ merchants: [{ mchid: '1900000001' }, { mchid: '1900000002' }] });
    payOrderOf(scene, 'GUARDED_1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const { path } = await applyFor(scene, `bill_date=${DAY}`);
    const other = scene.simulator.merchants[1];
    expect(await call(scene, path, other)).toMatchObject({ status: 403, json: { code: 'NO_AUTH' } });
    const headers = { 'User-Agent': 'tests', Accept: 'application/json' };
    expect((await fetch(scene.simulator.apiUrl + path, { headers })).status).toBe(401);
    expect((await call(scene, path)).status).toBe(200);
  });

  it('is refused after a reset', async () => {
    await using scene = await openBillScene();
    payOrderOf(scene, 'RESET_1', 100);
    await moveTo(scene, `${NEXT_DAY} 10:00:00`);
    const { path } = await applyFor(scene, `bill_date=${DAY}`);
    await scene.simulator.reset();
    expect((await call(scene, path)).json.code).toBe('INVALID_REQUEST');
    expect((await apply(scene, `bill_date=${DAY}`)).json.code).toBe('NO_STATEMENT_EXIST');
  });
});
