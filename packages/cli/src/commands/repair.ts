import { parseArgs } from 'node:util';
import { systemClock } from '@payguard/shared/clock/clock';
import { mchidSchema } from '@payguard/shared/rules/wechat-fields';
import { BadInput, type Command } from '../command.ts';
import { isProduction } from '../config.ts';
import { withDatabase } from '../open-database.ts';
import { readWechatPaySettings, withWechatPay } from '../open-wechatpay.ts';
import { checkNumber, readOrderFile } from '../repair/read-order-numbers.ts';
import { type RepairRequest, runRepair } from '../repair/run-repair.ts';
import { PERSON_OPTIONS, readPerson } from './person-options.ts';

const DEFAULT_BACKUP_DIR = 'payguard-backups';

const HELP = `Usage: payguard repair --order NUMBER | --file LIST.csv [--mchid ID] --dry-run
       payguard repair --order NUMBER | --file LIST.csv [--mchid ID] --by NAME --reason TEXT [--confirm HASH]

Asks WeChat Pay about each order, and has those credited that are paid there and not here: by the same event as every
other payment, so that nothing is credited twice, and nothing whose amount, currency, merchant or app id differ. Nothing
but the order number is taken from what is typed in.

  --order NUMBER      the order number (several times for several), WeChat Pay's or the shop's own
  --file LIST.csv     a file with a column out_trade_no or order_no, or with one order number on each line
  --mchid ID          the merchant, where several have an order of that number
  --dry-run           ask and show, publish nothing; prints a hash of the result
  --by, --reason      the person who repairs, and why; kept in the audit log
  --confirm HASH      repair only if the result is still that of the dry run with this hash;
                      must be given where PAYGUARD_ENV is production
  --backup-dir DIR    where the rows about to change are saved as JSON (default: ${DEFAULT_BACKUP_DIR})
  --json              the outcome as JSON
  --brokers LIST      host:port,host:port (default: KAFKA_BROKERS; TLS and SASL from the KAFKA_ variables)
  --database-url URL  mysql://user:password@host:3306/database (default: DATABASE_URL)

MERCHANTS_FILE names merchants.yaml; WECHATPAY_API_URLS other entry points than WeChat Pay's own.
Exit code: 0 done or nothing to do, 1 some orders need a look or a second run, 2 refused, nothing was done.`;

export const repairCommand: Command = {
  summary: 'ask WeChat Pay about orders and credit those that were paid',
  help: HELP,
  run: async (args) => {
    const request = readRequest(args);
    const settings = readWechatPaySettings();
    return withDatabase(request.databaseUrl, (pool) =>
      withWechatPay(pool, settings, (wechatPay) => runRepair({ pool, wechatPay, clock: systemClock }, request)),
    );
  },
};

function readRequest(args: string[]): RepairRequest & { databaseUrl: string | undefined } {
  const { values } = parseArgs({
    args,
    options: {
      ...PERSON_OPTIONS,
      order: { type: 'string', multiple: true },
      file: { type: 'string' },
      mchid: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      confirm: { type: 'string' },
      'backup-dir': { type: 'string', default: DEFAULT_BACKUP_DIR },
      json: { type: 'boolean', default: false },
      brokers: { type: 'string' },
      'database-url': { type: 'string' },
    },
  });
  return {
    numbers: readNumbers(values.order, values.file),
    mchid: readMchid(values.mchid),
    real: values['dry-run'] ? null : { person: readPerson(values), confirm: readConfirm(values.confirm) },
    backupDir: values['backup-dir'],
    json: values.json,
    brokers: values.brokers,
    databaseUrl: values['database-url'],
  };
}

function readNumbers(orders: string[] | undefined, file: string | undefined): string[] {
  if (orders !== undefined && file !== undefined) throw new BadInput('Give --order or --file, not both.');
  if (file !== undefined) return readOrderFile(file);
  if (orders === undefined) throw new BadInput('No order is named: give --order NUMBER or --file LIST.csv.');
  return [...new Set(orders.map((number) => checkNumber(number, '--order')))];
}

function readMchid(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (mchidSchema.safeParse(text).success) return text;
  throw new BadInput(`--mchid ${text} is no merchant number: give the digits that WeChat Pay shows you.`);
}

/** In production nobody repairs what nobody has looked at. */
function readConfirm(hash: string | undefined): string | null {
  if (hash === undefined && isProduction()) {
    throw new BadInput('--confirm is missing: in production, run with --dry-run first and give the hash it prints.');
  }
  if (hash !== undefined && !/^[0-9a-f]{64}$/.test(hash)) {
    throw new BadInput('--confirm is no hash: give the 64 digits that --dry-run printed.');
  }
  return hash ?? null;
}
