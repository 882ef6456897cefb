import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';

export type { Logger } from 'pino';

/** Fields that must never reach a log, wherever an object that holds them is logged. */
const REDACTED_FIELDS = [
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

const REDACTED_PATHS = REDACTED_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`]);

/** JSON lines on stdout: one event a line, `err`, ids and outcome as fields, secrets and payer ids blanked by path. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
