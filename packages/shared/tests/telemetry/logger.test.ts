import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/telemetry/logger.ts';

const MARK = 'marked-secret';
/** What the code of this repository calls things that nobody may read in a log. */
const SECRET_FIELDS = [
  'password',
  'apiV3Key',
  'privateKey',
  'privateKeyPem',
  'token',
  'secret',
  'openid',
  'ciphertext',
  'authorization',
  'Authorization',
  'databaseUrl',
  'DATABASE_URL',
  'KAFKA_SASL_PASSWORD',
];

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger('tests', 'trace', { write: (line) => lines.push(line) }));
  return lines.join('');
}

describe('the logger', () => {
  it.each(SECRET_FIELDS)('blanks %s at every depth', (field) => {
    for (let depth = 0; depth < 6; depth += 1) {
      let object: Record<string, unknown> = { [field]: MARK, other: 'kept' };
      for (let level = 0; level < depth; level += 1) object = { inner: object };
      const line = logged((log) => log.info(object, 'an event'));
      expect(line).not.toContain(MARK);
      expect(line).toContain('kept');
    }
  });

  it('blanks secrets in arrays and in errors', () => {
    const err = Object.assign(new Error('failed'), { config: { password: MARK }, token: MARK });
    expect(logged((log) => log.error({ err }, 'an event'))).not.toContain(MARK);
    expect(logged((log) => log.info({ merchants: [{ apiV3Key: MARK }] }))).not.toContain(MARK);
    expect(logged((log) => log.info({ payer: { openid: MARK } }))).not.toContain(MARK);
  });

  it('blanks secrets in an error’s cause', () => {
    const cause = Object.assign(new Error('inner'), { password: MARK });
    const line = logged((log) => log.error({ err: new Error('outer', { cause }) }, 'an event'));
    expect(line).not.toContain(MARK);
    expect(line).toContain('outer');
  });

  it('blanks secrets in an error that is logged bare, or under another name than err', () => {
    const error = Object.assign(new Error('failed'), { privateKey: MARK });
    expect(logged((log) => log.error(error))).not.toContain(MARK);
    expect(logged((log) => log.error({ reason: error }))).not.toContain(MARK);
  });

  it('keeps what an error says: its type, message, stack and code', () => {
    const err = Object.assign(new TypeError('failed'), { code: 'E_CODE' });
    for (const line of [logged((log) => log.error({ err }, 'an event')), logged((log) => log.error(err))]) {
      const { err: written } = JSON.parse(line);
      expect(written).toMatchObject({ type: 'TypeError', message: 'failed', code: 'E_CODE' });
      expect(written.stack).toContain('logger.test.ts');
    }
  });

  it('writes one line of JSON an event, with time, level, service, fields and message', () => {
    const line = logged((log) => log.warn({ outTradeNo: 'ORDER_1' }, 'callback not accepted'));
    expect(line.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      service: 'tests',
      outTradeNo: 'ORDER_1',
      msg: 'callback not accepted',
    });
  });

  it('never throws and never shows a secret, whatever it is given', () => {
    const secret = fc.constantFrom(...SECRET_FIELDS);
    const property = fc.property(secret, fc.dictionary(fc.string(), fc.anything({ maxDepth: 3 })), (field, object) => {
      expect(logged((log) => log.info({ ...object, [field]: MARK }, 'an event'))).not.toContain(MARK);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('takes an object that holds itself', () => {
    const object: Record<string, unknown> = { name: 'x' };
    object.self = object;
    expect(logged((log) => log.info(object, 'an event'))).toContain('an event');
  });
});
