import { environment } from '@payguard/callback-gateway/config';
import { ConfigError } from '@payguard/shared/config/config-error';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { describe, expect, it } from 'vitest';

const good = { KAFKA_BROKERS: '127.0.0.1:9092', MERCHANTS_FILE: 'merchants.yaml' };

function refusal(env: Record<string, string | undefined>): ConfigError {
  try {
    loadEnvironment(environment, env);
  } catch (err) {
    if (err instanceof ConfigError) return err;
    throw err;
  }
  throw new Error('the environment was accepted');
}

describe('the gateway’s environment', () => {
  it('needs brokers and merchants; all else has a default', () => {
    expect(loadEnvironment(environment, good)).toMatchObject({
      KAFKA_BROKERS: ['127.0.0.1:9092'],
      KAFKA_SSL: false,
      HOST: '0.0.0.0',
      PORT: 8080,
      METRICS_PORT: 9090,
      LOG_LEVEL: 'info',
      MAX_IN_FLIGHT: 512,
      TRUSTED_PROXIES: 0,
    });
  });

  it.each([
    ['KAFKA_BROKERS', 'localhost'],
    ['KAFKA_BROKERS', 'a:9092,b'],
    ['KAFKA_BROKERS', ','],
    ['KAFKA_SSL', 'maybe'],
    ['KAFKA_SASL_MECHANISM', 'gssapi'],
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['METRICS_PORT', 'x'],
    ['LOG_LEVEL', 'loud'],
    ['MAX_IN_FLIGHT', '0'],
    ['MAX_IN_FLIGHT', 'many'],
    ['TRUSTED_PROXIES', '-1'],
    ['TRUSTED_PROXIES', '11'],
  ])('is refused in one sentence that names %s=%s', (name, value) => {
    const { message, exitCode } = refusal({ ...good, [name]: value });
    expect(message.startsWith(`${name} is wrong (`)).toBe(true);
    expect(message).toContain('; set it to: ');
    expect(message).not.toContain('\n');
    expect(exitCode).toBe(2);
  });

  it.each(['KAFKA_BROKERS', 'MERCHANTS_FILE'])('is refused without %s, and when it is empty', (name) => {
    for (const value of [undefined, '']) {
      const { message } = refusal({ ...good, [name]: value });
      expect(message).toMatch(new RegExp(`^${name} is not set; set it to: .+`));
    }
  });

  it('describes every variable', () => {
    for (const [name, schema] of Object.entries(environment.shape)) expect(schema.description, name).toBeTruthy();
  });

  it('is refused when SASL is asked for without a password', () => {
    const config = loadEnvironment(environment, { ...good, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' });
    const create = () => createKafka('tests', config, createLogger('tests', 'silent'));
    expect(create).toThrow(/KAFKA_SASL_PASSWORD is not; set both or neither/);
  });
});
