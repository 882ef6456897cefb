import { BadInput, type Command } from '../command.ts';
import { runMismatchClose } from './mismatch-close.ts';
import { runMismatchList } from './mismatch-list.ts';

const HELP = `Usage: payguard mismatch list [--state STATE] [--kind KIND] [--order NUMBER] [--json]
       payguard mismatch resolve|dismiss --id ID --by NAME --reason TEXT [options]

Where this system and WeChat Pay say different things about an order. A mismatch stays open until payguard has repaired it
by itself, or a person closes it. Closing changes neither order nor money: settle those first (payguard repair, review).

  list     the newest first: those that are open, or all of one order
  resolve  it was a mismatch, and is settled now
  dismiss  it was none, or nothing is to be done about it

  --state STATE       open, auto_repaired, resolved, dismissed or all (default: open; with --order: all)
  --kind KIND         paid_not_recorded, amount_mismatch, …: as list shows it
  --order NUMBER      of one order only, by WeChat Pay's out_trade_no
  --id ID             which one; list shows it
  --by, --reason      the person who closes it, and why; kept with the mismatch and in the audit log
  --json              the outcome as JSON
  --brokers LIST      host:port,host:port (default: KAFKA_BROKERS; TLS and SASL from the KAFKA_ variables)
  --database-url URL  mysql://user:password@host:3306/database (default: DATABASE_URL)

Exit code: 0 done, 1 published but not applied yet (or somebody else was faster), 2 refused, nothing was done.`;

export const mismatchCommand: Command = {
  summary: 'list what differs from WeChat Pay, and close it by name and reason',
  help: HELP,
  run: async ([name, ...args]) => {
    switch (name) {
      case 'list':
        return runMismatchList(args);
      case 'resolve':
        return runMismatchClose('resolved', args);
      case 'dismiss':
        return runMismatchClose('dismissed', args);
      default:
        throw new BadInput(
          `payguard mismatch ${name ?? 'alone'} means nothing: write mismatch list, resolve or dismiss.`,
        );
    }
  },
};
