import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { SendOutcome } from '@payguard/shared/alerting/alert-message';
import { type AlertsFile, loadAlertsFile } from '@payguard/shared/alerting/alerts-file';
import { openChannels } from '@payguard/shared/alerting/open-channels';
import { testMessage } from '@payguard/shared/alerting/texts/test-message';
import { systemClock } from '@payguard/shared/clock/clock';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { asBadInput } from '../as-bad-input.ts';
import { BadInput, type Command, EXIT_FAILED, EXIT_OK } from '../command.ts';
import { readAlertsFileVariable } from '../config.ts';
import { printable } from '../printable.ts';

const HELP = `Usage: payguard alerter test --channel NAME [--file alerts.yaml]

Sends a message that says it is a test through one channel of alerts.yaml, with that channel's own secrets, and prints what
came of it. Calls nobody by name, writes nothing, and does not count towards the alerter's own limit.

  --channel NAME  the channel, as it stands under channels
  --file PATH     alerts.yaml (default: ALERTS_FILE)

Exit code: 0 sent, 1 not sent, 2 wrong options or settings, nothing was sent.`;

export const alerterCommand: Command = {
  summary: 'send a test message through a channel of alerts.yaml',
  help: HELP,
  run: async (args) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { channel: { type: 'string' }, file: { type: 'string' } },
    });
    if (positionals.join(' ') !== 'test') throw new BadInput('Say what to do: payguard alerter test.');
    const path = values.file ?? readAlertsFileVariable();
    const alerts = asBadInput(() => loadAlertsFile(path));
    const outcome = await sendTest(onlyChannel(alerts, values.channel));
    console.log(printable(describe(outcome, values.channel ?? '')));
    return outcome.kind === 'sent' ? EXIT_OK : EXIT_FAILED;
  },
};

/** The file with this channel alone: what is wrong with another one does not matter here. */
function onlyChannel(alerts: AlertsFile, name: string | undefined): AlertsFile {
  const names = Object.keys(alerts.channels).join(', ');
  if (name === undefined) throw new BadInput(`--channel is missing: name one of ${names}.`);
  const settings = Object.hasOwn(alerts.channels, name) ? alerts.channels[name] : undefined;
  if (settings === undefined) throw new BadInput(`There is no channel ${name}: the file has ${names}.`);
  return { ...alerts, channels: { [name]: settings } };
}

async function sendTest(alerts: AlertsFile): Promise<SendOutcome> {
  const [channel] = asBadInput(() => openChannels(alerts, createLogger('payguard', 'silent'))).values();
  if (channel === undefined) throw new BadInput('The file has no channel.');
  try {
    return await channel.send(testMessage(`payguard-test-${randomUUID()}`, systemClock.now()));
  } finally {
    await channel.close();
  }
}

function describe(outcome: SendOutcome, name: string): string {
  switch (outcome.kind) {
    case 'sent':
      return `${name} has taken the test message (${outcome.code}).`;
    case 'throttled':
      return `${name} takes no message for ${Math.ceil(outcome.retryAfterMs / 1_000)} s (${outcome.code}): ${outcome.detail}`;
    case 'failed':
      return `${name} did not take the test message, which may pass (${outcome.code}): ${outcome.detail}`;
    case 'refused':
      return `${name} refuses the test message, and will until something is changed (${outcome.code}): ${outcome.detail}`;
  }
}
