import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { jobRecordSchema } from '../jobs/job-record.ts';
import { isRunning } from '../supervise/process-identity.ts';

const processSchema = {
  name: z.string(),
  /** Of the running process; null while it waits to be started again. */
  pid: z.int().nullable(),
  restarts: z.int().min(0),
  log: z.string(),
};

const partSchema = z.object({ url: z.url(), readyUrl: z.url(), ...processSchema });

/** `.payguard/run.json`: where everything is while the system runs. Scripts read it; all paths are absolute. */
export const runSchema = z.object({
  /** Of the process that owns the system; `birth` tells it from a later one with the same pid. */
  pid: z.int().min(2),
  birth: z.string(),
  startedAt: z.iso.datetime(),
  gateway: z.object({ callbackUrl: z.url(), healthUrl: z.url() }),
  /** The order API; the file holds the key that its callers send. */
  checkout: z.object({ url: z.url(), apiKeyFile: z.string() }),
  /** Takes Alertmanager's webhooks, with the token of the file. */
  alerter: z.object({ url: z.url(), alertsFile: z.string(), alertmanagerTokenFile: z.string() }),
  simulator: z.object({ url: z.url(), controlUrl: z.url(), ...processSchema }),
  /** Mail server, robots and webhooks; the page shows what they got. */
  receivers: z.object({ url: z.url(), smtpPort: z.int(), ...processSchema }),
  /** With --observability. */
  observability: z.object({ prometheus: partSchema, alertmanager: partSchema }).nullable(),
  /** merchants.yaml, as the services read it. */
  merchantsFile: z.string(),
  kafka: z.object({ brokers: z.array(z.string()).min(1) }),
  database: z.object({ url: z.string() }),
  merchant: z.object({
    mchid: z.string(),
    appid: z.string(),
    serialNo: z.string(),
    privateKeyFile: z.string(),
    apiV3Key: z.string(),
  }),
  wechatpay: z.object({
    platformSerial: z.string(),
    platformPrivateKeyFile: z.string(),
    publicKeyId: z.string(),
    publicKeyPrivateKeyFile: z.string(),
    /** `<serial>.pem`: what WeChat Pay's signatures are verified with. */
    verificationKeysDir: z.string(),
  }),
  /** The embedded ones; empty with servers of one's own. */
  servers: z.array(z.object({ address: z.string(), ...processSchema })),
  services: z.array(z.object({ metricsUrl: z.url(), readyUrl: z.url(), ...processSchema })),
  /** What the timetable runs. */
  jobs: z.array(jobRecordSchema),
});

export type RunJson = z.output<typeof runSchema>;

export function runFile(stateDir: string): string {
  return join(resolve(stateDir), 'run.json');
}

/** Written whole or not at all, readable by its owner alone: it holds the merchant's keys. */
export function writeRunFile(stateDir: string, run: RunJson): void {
  const file = runFile(stateDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeRunFile(stateDir: string): void {
  rmSync(runFile(stateDir), { force: true });
}

/**
 * The system that runs on `stateDir`; undefined when none does (a killed owner's file does not count) or none is ready.
 * Throws one sentence when the file is not one of this release's.
 */
export function findRun(stateDir: string): RunJson | undefined {
  let text: string;
  try {
    text = readFileSync(runFile(stateDir), 'utf8');
  } catch {
    return undefined;
  }
  const run = parseRun(text);
  if (run === undefined) {
    throw new Error(
      `${runFile(stateDir)} is not of this release: stop the system with npm run stop and start it again.`,
    );
  }
  return isRunning(run) ? run : undefined;
}

function parseRun(text: string): RunJson | undefined {
  try {
    return runSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
