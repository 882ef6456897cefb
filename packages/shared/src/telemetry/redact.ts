import { stdSerializers } from 'pino';

/** Fields that must never reach a log, at whatever depth of an object they stand. */
const SECRET_FIELDS = new Set(
  [
    'password',
    'apiV3Key',
    'privateKey',
    'privateKeyPem',
    'token',
    'accessToken',
    'secret',
    'openid',
    'ciphertext',
    'authorization',
    'cookie',
    'databaseUrl',
    'DATABASE_URL',
    'KAFKA_SASL_PASSWORD',
    'sasl',
  ].map((name) => name.toLowerCase()),
);

const REDACTED = '[redacted]';
/** Deeper than any log line of ours; what lies below is left out rather than searched. */
const MAX_DEPTH = 6;

/**
 * A copy of a log object in which every secret field is blanked by name. Our own walk, since pino's wildcard paths cost
 * 30 µs a line here, a fifth of a callback, and reach only as deep as they are written.
 */
export function redact(value: Record<string, unknown>): Record<string, unknown> {
  return redactFields(value, 0);
}

function redactFields(value: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    copy[name] = SECRET_FIELDS.has(name.toLowerCase()) ? REDACTED : redactValue(field, depth + 1);
  }
  return copy;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if (value instanceof Error) return redactFields({ ...stdSerializers.err(value) }, depth);
  // Things such as Date and Buffer know how to write themselves.
  if ('toJSON' in value) return value;
  return redactFields(value, depth);
}
