import { z } from 'zod';
import { isThisMachineOrCluster } from './is-this-machine.ts';

/** Environment variables that more than one process reads; each process composes its own schema from them. */

export const logLevelVariable = z
  .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
  .default('info')
  .describe('Least severe log lines to write: trace, debug, info, warn, error or silent');

const portSchema = z.coerce.number().int().min(0).max(65_535);

export function portVariable(defaultPort: number, description: string) {
  return portSchema.default(defaultPort).describe(`${description} (0 picks a free one)`);
}

export function integerVariable(range: { default: number; min: number; max: number }, description: string) {
  return z.coerce.number().int().min(range.min).max(range.max).default(range.default).describe(description);
}

export const kafkaVariables = {
  KAFKA_BROKERS: z
    .string()
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .pipe(z.array(z.string().regex(/^[^\s:]+:\d+$/, 'must be host:port,host:port')).min(1))
    .describe('Kafka brokers as host:port, separated by commas'),
  KAFKA_SSL: z.stringbool().default(false).describe('true to speak TLS with the brokers'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('SASL mechanism: plain, scram-sha-256 or scram-sha-512; unset for none'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('SASL user name, with KAFKA_SASL_MECHANISM'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('SASL password, with KAFKA_SASL_MECHANISM'),
};

export const databaseVariable = z
  .string()
  .regex(/^(mysql|mariadb):\/\/[^\s]+\/[^\s]+$/, 'must be mysql://user:password@host:port/database')
  .describe('Database as mysql://user:password@host:port/database (add ?ssl=true for TLS)');

export const merchantsFileVariable = z
  .string()
  .min(1)
  .describe('Path of merchants.yaml: merchants, app ids, policies and where their keys lie (docs/merchants.md)');

/** Both of WeChat Pay's entry points, for when one of them fails. */
const DEFAULT_API_URLS = ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'];

/** Over http anybody on the way could read along; answers are signed, but requests name payers. Only the simulator speaks it. */
function isApiUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.origin !== text) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isThisMachineOrCluster(url.hostname));
}

export const wechatpayApiUrlsVariable = z
  .string()
  .transform((text) => text.split(',').map((url) => url.trim()))
  .pipe(
    z.array(z.string().refine(isApiUrl, 'must be https://host, without a path or a slash at the end')).min(1).max(8),
  )
  .default(DEFAULT_API_URLS)
  .describe(
    "WeChat Pay's entry points, comma-separated, the preferred one first; http only for this machine or a name inside the cluster (the simulator)",
  );
