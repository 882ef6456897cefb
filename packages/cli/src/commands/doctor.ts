import { parseArgs } from 'node:util';
import { type Command, EXIT_FAILED, EXIT_OK } from '../command.ts';
import { readAllowLocalNotifyUrl, readShopTimeZone } from '../config.ts';
import type { Finding } from '../doctor/finding.ts';
import { runDoctor } from '../doctor/run-doctor.ts';
import { printable } from '../printable.ts';

const HELP = `Usage: payguard doctor [--read-only] [--json] [options]

Looks at everything that payguard needs, and changes nothing: merchants.yaml, keys and certificates, notify URL, a signed
call to WeChat Pay, the clock, Kafka and its topics, schema, invariants, and orders that nobody takes care of. Reads whole
tables; may be run on a shop that is selling. A signed call takes its part of the request budget, which is in the database;
apart from that the database is asked to refuse any change.

  --read-only         only what needs no more than looking: leaves out, and says so, dead letters, the merchant's private
                      key where none is mounted, and what the user of the database or of Kafka may not see
  --json              the findings as JSON
  --brokers LIST      host:port,host:port (default: KAFKA_BROKERS; TLS and SASL from the KAFKA_ variables)
  --database-url URL  mysql://user:password@host:3306/database (default: DATABASE_URL)

MERCHANTS_FILE names merchants.yaml; WECHATPAY_API_URLS other entry points than WeChat Pay's own; SHOP_TIME_ZONE the zone
of the shop's times (Asia/Shanghai).
Exit code: 0 nothing fails (there may be warnings), 1 something fails, 2 wrong options.`;

export const doctorCommand: Command = {
  summary: 'look at configuration, keys, WeChat Pay, Kafka and database',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: {
        'read-only': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        brokers: { type: 'string' },
        'database-url': { type: 'string' },
      },
    });
    const findings = await runDoctor({
      brokers: values.brokers,
      databaseUrl: values['database-url'],
      shopTimeZone: readShopTimeZone(),
      isReadOnly: values['read-only'],
      allowLocalNotifyUrl: readAllowLocalNotifyUrl(),
    });
    console.log(values.json ? JSON.stringify(findings, null, 2) : formatFindings(findings).join('\n'));
    return findings.some(({ state }) => state === 'fail') ? EXIT_FAILED : EXIT_OK;
  },
};

function formatFindings(findings: readonly Finding[]): string[] {
  const count = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length;
  const skipped = count('skip') === 0 ? '' : `${count('skip')} left out, `;
  const summary = `${count('ok')} ok, ${skipped}${count('warn')} to look at, ${count('fail')} to mend.`;
  return [...findings.flatMap(formatFinding), '', summary];
}

function formatFinding({ state, check, message, remedy, examples }: Finding): string[] {
  const lines = [
    `${state.padEnd(4)}  ${check}: ${message}`,
    ...(remedy === null ? [] : [`      -> ${remedy}`]),
    ...examples.map((example) => `         ${example}`),
  ];
  return lines.map(printable);
}
