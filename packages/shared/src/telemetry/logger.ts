import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import { redact } from './redact.ts';

export type { Logger } from 'pino';

const BUFFER_BYTES = 8 * 1024;
const FLUSH_EVERY_MS = 100;

/** JSON lines on stdout: one event a line, `err`, ids and outcome as fields, secrets and payer ids blanked by name. */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), bindings: redact, log: redact },
    // redact() has written errors out already, whatever their name; pino would take them for new ones.
    serializers: { err: (err: unknown) => err },
  };
  return pino(options, destination ?? bufferedStdout());
}

let stdout: ReturnType<typeof pino.destination> | undefined;

/** Lines are written in blocks: a system call for each costs more than the line. The last ones are written at the exit. */
function bufferedStdout(): DestinationStream {
  if (stdout !== undefined) return stdout;
  const opened = pino.destination({ dest: 1, sync: true, minLength: BUFFER_BYTES, periodicFlush: FLUSH_EVERY_MS });
  // pino does so for asynchronous destinations alone; a job that has ended would take its last word with it. Not
  // flushSync(): on a closed pipe it tries for ever.
  process.on('exit', () => opened.flush());
  stdout = opened;
  return opened;
}
