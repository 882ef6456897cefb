import type { DestinationStream, Logger } from 'pino';
import { pino, stdSerializers } from 'pino';
import { redact } from './redact.ts';

export type { Logger } from 'pino';

/** JSON lines on stdout: one event a line, `err`, ids and outcome as fields, secrets and payer ids blanked by name. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: redact },
    serializers: { err: (err: Error) => redact({ ...stdSerializers.err(err) }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
