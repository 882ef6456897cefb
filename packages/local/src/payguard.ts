import { runCommand } from '@payguard/cli/run-command';
import { DEFAULT_STATE_DIR } from './servers/default-folders.ts';
import { findRun, type RunJson } from './system/run-file.ts';

/** Any of these says which system is meant: then nothing is taken from the one that runs here. */
const NAMES_A_SYSTEM = ['KAFKA_BROKERS', 'DATABASE_URL', 'MERCHANTS_FILE', 'WECHATPAY_API_URLS'];
const NAMES_A_SYSTEM_OPTION = /^--(brokers|database-url)(=|$)/;

const args = process.argv.slice(2);
const isNamed = NAMES_A_SYSTEM.some((name) => process.env[name]) || args.some((arg) => NAMES_A_SYSTEM_OPTION.test(arg));
const run = isNamed ? undefined : findRun(DEFAULT_STATE_DIR);
if (run !== undefined) {
  console.error('(on the system that npm start runs here)');
  Object.assign(process.env, addressesOf(run));
}
process.exitCode = await runCommand(args);

/** What the commands of payguard read, for the system that runs here. */
function addressesOf({ kafka, database, merchantsFile, simulator, alerter }: RunJson): Record<string, string> {
  return {
    KAFKA_BROKERS: kafka.brokers.join(','),
    DATABASE_URL: database.url,
    MERCHANTS_FILE: merchantsFile,
    WECHATPAY_API_URLS: simulator.url,
    // Its gateway is on this machine, where no real WeChat Pay could reach it.
    ALLOW_LOCAL_NOTIFY_URL: 'true',
    ALERTS_FILE: alerter.alertsFile,
  };
}
