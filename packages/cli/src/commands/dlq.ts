import { BadInput, type Command } from '../command.ts';
import { runDiscard } from './dlq-discard.ts';
import { runList } from './dlq-list.ts';
import { runReplay } from './dlq-replay.ts';
import { runShow } from './dlq-show.ts';

const HELP = `Usage: payguard dlq list [--topic TOPIC] [--all] [--limit 50] [--json]
       payguard dlq show ID [--json]
       payguard dlq replay ID… --by NAME --reason TEXT [--again] [--dry-run]
       payguard dlq replay --all --topic TOPIC --by NAME --reason TEXT [--dry-run]
       payguard dlq discard ID… --by NAME --reason TEXT

Dead letters: events that a consumer could not process. A person looks at each, and replays or discards it.

  list     those that nobody has handled, oldest first; --all: the handled too
  show     everything about one: where from, why, headers, value, what was done with it
  replay   publishes the original bytes to the original topic and records it. Killed in between it would publish them
           again the next time, which is harmless: consumers take a repeated event for a no-op
  discard  records that nothing is to be done

  ID                  topic/partition/offset, as list shows it
  --topic TOPIC       payment.confirmed, or its dead letter topic payment.confirmed.dlq
  --by, --reason      the person who decides, and why; kept with the letter
  --again             replay what is already handled, discarded included
  --dry-run           say what would be replayed, and do nothing
  --brokers LIST      host:port,host:port (default: KAFKA_BROKERS; TLS and SASL from the KAFKA_ variables)
  --database-url URL  mysql://user:password@host:3306/database (default: DATABASE_URL)

Exit code: 0 done, 1 Kafka or the database failed, 2 wrong options or ids, nothing was done.`;

const SUBCOMMANDS = new Map([
  ['list', runList],
  ['show', runShow],
  ['replay', runReplay],
  ['discard', runDiscard],
]);

export const dlqCommand: Command = {
  summary: 'list, show, replay and discard dead letters',
  help: HELP,
  run: async ([name, ...args]) => {
    const subcommand = SUBCOMMANDS.get(name ?? '');
    if (subcommand === undefined) {
      throw new BadInput(
        `payguard dlq ${name ?? 'alone'} means nothing: write dlq ${[...SUBCOMMANDS.keys()].join(', ')}.`,
      );
    }
    return subcommand(args);
  },
};
