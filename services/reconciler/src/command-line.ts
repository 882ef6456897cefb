import { parseArgs } from 'node:util';
import { DEFAULT_LAST_SECOND } from './poll/end-of-run.ts';

export type PollCommand = { job: 'poll'; end: { once: true } | { lastSecond: number } };
export type ProbeCommand = { job: 'probe' };

export type CommandLine =
  | { kind: 'run'; command: PollCommand | ProbeCommand }
  | { kind: 'help'; text: string }
  /** One sentence: what is wrong, what to do. */
  | { kind: 'mistake'; message: string };

const HELP = `Usage: reconciler <job> [options]

  poll    ask WeChat Pay about every order and refund that is due, and publish what it says
  probe   ask from outside whether WeChat Pay could deliver a callback

reconciler <job> --help tells more. Settings come from the environment (docs/env.md).`;

const POLL_HELP = `Usage: reconciler poll [--once] [--until SECOND]

Asks WeChat Pay about every order and refund that is due, and publishes what it says. Runs may overlap: they share the
work. Ends at second ${DEFAULT_LAST_SECOND} of its minute; a run that starts later than second ${DEFAULT_LAST_SECOND - 5}, at that of the next one.

  --once            one pass over what is due now, then end
  --until SECOND    end at this second (0 to 59) instead

Exit codes: 0 it worked; 1 database, schema or Kafka were away all the time; 2 the command line or a setting is wrong.`;

const PROBE_HELP = `Usage: reconciler probe

Asks every notifyUrl of merchants.yaml from outside whether WeChat Pay could deliver a callback there: DNS, connection,
TLS, redirects, health, and that an unsigned callback is refused. What it finds is kept in the table callback_probes, in
the log and in the metrics; payguard probe asks on demand.

Exit codes: 0 it has asked, whatever it found; 1 the database was away; 2 the command line or a setting is wrong.`;

/** Reads what to do. Never throws. */
export function parseCommandLine([job, ...args]: readonly string[]): CommandLine {
  if (job === '--help' || job === 'help') return { kind: 'help', text: HELP };
  switch (job) {
    case undefined:
      return { kind: 'mistake', message: 'No job is named: reconciler --help lists them.' };
    case 'poll':
      return args.includes('--help') ? { kind: 'help', text: POLL_HELP } : parsePoll(args);
    case 'probe':
      return args.includes('--help') ? { kind: 'help', text: PROBE_HELP } : parseProbe(args);
    default:
      return { kind: 'mistake', message: `There is no job ${job}: reconciler --help lists them.` };
  }
}

function parsePoll(args: string[]): CommandLine {
  const options = { once: { type: 'boolean' }, until: { type: 'string' } } as const;
  let values: { once?: boolean; until?: string };
  try {
    ({ values } = parseArgs({ args, options, strict: true }));
  } catch (err) {
    return mistake('poll', err instanceof Error ? err.message : String(err));
  }
  const { once = false, until } = values;
  if (once && until !== undefined) return mistake('poll', '--once and --until exclude each other; give one of them.');
  if (until !== undefined && !/^[0-5]?\d$/.test(until)) {
    return mistake('poll', `--until ${until} is no second from 0 to 59.`);
  }
  const lastSecond = until === undefined ? DEFAULT_LAST_SECOND : Number(until);
  return { kind: 'run', command: { job: 'poll', end: once ? { once: true } : { lastSecond } } };
}

function parseProbe([unexpected]: string[]): CommandLine {
  if (unexpected !== undefined) return mistake('probe', `${unexpected} is not understood: probe takes no options.`);
  return { kind: 'run', command: { job: 'probe' } };
}

function mistake(job: string, message: string): CommandLine {
  return { kind: 'mistake', message: `${message} reconciler ${job} --help says what it takes.` };
}
