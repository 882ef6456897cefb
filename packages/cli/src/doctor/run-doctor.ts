import { systemClock } from '@payguard/shared/clock/clock';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { counted } from '../counted.ts';
import { withDatabase } from '../open-database.ts';
import { withKafka } from '../open-kafka.ts';
import { readWechatPaySettings, type WechatPaySettings, withWechatPay } from '../open-wechatpay.ts';
import { checkPromises, checkSchema } from './check-database.ts';
import { checkDeadLetters } from './check-dead-letters.ts';
import { checkKafka } from './check-kafka.ts';
import { checkLegacyOrders } from './check-legacy-orders.ts';
import { checkMerchant, isPrivateKeyElsewhere } from './check-merchant-keys.ts';
import { checkOpenOrders } from './check-open-orders.ts';
import { checkClock, checkSignedCall } from './check-wechatpay.ts';
import { examine, type Finding, fail, ok, skip } from './finding.ts';
import { unlessDenied } from './unless-denied.ts';

export type DoctorOptions = {
  brokers: string | undefined;
  databaseUrl: string | undefined;
  /** IANA name; the shop's own DATETIME columns are written in it. */
  shopTimeZone: string;
  /** Leaves out what this machine, or this user of the database or of Kafka, has no means to look at. */
  isReadOnly: boolean;
  /** A notify URL that only a simulator can reach is looked at, not a failure. */
  allowLocalNotifyUrl: boolean;
};

/** Looks at everything, from the files to the money; changes nothing. What cannot be looked at is a finding itself. */
export async function runDoctor(options: DoctorOptions): Promise<Finding[]> {
  const { findings, settings } = await readSettings();
  const merchants = settings?.merchants ?? [];
  return [
    ...findings,
    ...merchants.flatMap((merchant) => checkMerchant(merchant, systemClock.now(), options)),
    ...(await checkClocks(settings)),
    ...(await examine('Kafka', 'Check KAFKA_BROKERS and that the brokers run.', () => checkKafkaAndLetters(options))),
    ...(await examine('database', 'Check DATABASE_URL and that the server runs.', () =>
      withDatabase(options.databaseUrl, (pool) => checkAllOfDatabase(pool, settings, merchants, options)),
    )),
  ];
}

async function readSettings(): Promise<{ findings: Finding[]; settings: WechatPaySettings | null }> {
  let settings: WechatPaySettings | null = null;
  const findings = await examine(
    'merchants.yaml',
    'Correct it (docs/merchants.md), or set MERCHANTS_FILE.',
    async () => {
      settings = readWechatPaySettings();
      return [ok('merchants.yaml', `It names ${counted(settings.merchants.length, 'merchant')}.`)];
    },
  );
  return { findings, settings };
}

async function checkClocks(settings: WechatPaySettings | null): Promise<Finding[]> {
  const [apiUrl] = settings?.apiUrls ?? [];
  if (apiUrl === undefined) return [];
  const remedy = 'Let this machine out to WECHATPAY_API_URLS.';
  return examine('clock', remedy, async () => [await checkClock(apiUrl, systemClock)]);
}

function checkKafkaAndLetters({ brokers, databaseUrl, isReadOnly }: DoctorOptions): Promise<Finding[]> {
  const check = 'dead letters';
  return withKafka(brokers, async (kafka) => [
    ...(await checkKafka(kafka, guardOf(isReadOnly))),
    ...(isReadOnly
      ? [skip(check, 'To read them a consumer group is made and removed again: payguard dlq list shows them.')]
      : await examine(check, 'Run payguard topics and payguard migrate.', async () => [
          await checkDeadLetters(kafka, databaseUrl),
        ])),
  ]);
}

/** Without --read-only a check that cannot be made is a failure like any other. */
function guardOf(isReadOnly: boolean): typeof unlessDenied {
  return isReadOnly ? unlessDenied : (_check, work) => work();
}

async function checkAllOfDatabase(
  pool: DatabasePool,
  settings: WechatPaySettings | null,
  merchants: readonly Merchant[],
  { shopTimeZone, isReadOnly }: DoctorOptions,
): Promise<Finding[]> {
  const schema = await checkSchema(pool);
  if (schema.state === 'fail') return [schema];
  const known = { mchids: merchants.map(({ mchid }) => mchid), now: systemClock.now(), shopTimeZone };
  const guard = guardOf(isReadOnly);
  const calls = await checkSignedCalls(pool, settings, isReadOnly);
  // The calls took their share of the request budget; from here on the database itself refuses any change.
  await pool.query('SET SESSION TRANSACTION READ ONLY');
  return [
    schema,
    ...calls,
    ...(await guard('invariants', () => checkPromises(pool))),
    ...(await guard('odd orders', () => checkLegacyOrders(pool))),
    ...(await guard('open orders', () => checkOpenOrders(pool, known))),
  ];
}

/** Here, because the request budget is in the database. */
async function checkSignedCalls(
  pool: DatabasePool,
  given: WechatPaySettings | null,
  isReadOnly: boolean,
): Promise<Finding[]> {
  if (given === null) return [fail('WeChat Pay', 'It cannot be asked without merchants.yaml.', 'See above.')];
  const merchants = given.merchants.filter((merchant) => !(isReadOnly && isPrivateKeyElsewhere(merchant)));
  if (merchants.length === 0) return [skip('WeChat Pay', 'It cannot be asked without a private key.')];
  const settings = { ...given, merchants };
  return examine('WeChat Pay', 'Correct what is said above about keys.', () =>
    withWechatPay(pool, settings, async ({ clients }) => {
      const findings: Finding[] = [];
      for (const [mchid, client] of clients) findings.push(await checkSignedCall(mchid, client));
      return findings;
    }),
  );
}
