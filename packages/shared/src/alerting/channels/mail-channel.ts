import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { systemClock } from '../../clock/clock.ts';
import { ConfigError } from '../../config/config-error.ts';
import { isThisMachine } from '../../config/is-this-machine.ts';
import type { AlertChannel, AlertMessage, SendOutcome } from '../alert-message.ts';
import type { MailSettings } from '../alerts-file.ts';
import { describeMessage } from '../texts/describe-message.ts';
import { fitMessage } from '../texts/fit-message.ts';
import { HTML, htmlPage } from '../texts/formats/html.ts';
import { PLAIN_TEXT } from '../texts/formats/plain-text.ts';
import type { ChannelOptions } from './channel-options.ts';
import { mailFailure, replyOf } from './mail-outcome.ts';
import { receiverWords } from './receiver-words.ts';

/** Of text and HTML each: room for every item of a message (the alerter puts up to 500 into one). */
const MAX_PART_BYTES = 1_000_000;
/** Some receivers have it and some not: to send again would double it for the first. */
const PARTIAL = 'partial';

export type MailSecrets = { password: string | undefined };

/** Mail by SMTP: one connection a message, its certificate verified, text and HTML. Throws ConfigError. */
export function openMailChannel(
  settings: MailSettings,
  { password }: MailSecrets,
  options: ChannelOptions,
): AlertChannel {
  const transport = createTransport(transportOptions(settings, password, options));
  // The second is what AUTH PLAIN sends.
  const secrets = password === undefined ? [] : [password, `\0${settings.username}\0${password}`];
  return {
    name: options.name,
    async send(message): Promise<SendOutcome> {
      const signal = AbortSignal.timeout(options.timeouts.mail.totalMs);
      try {
        const sent = await transport.sendMail({ ...writeMail(message, settings, options), signal });
        const refusals = sent.rejectedErrors ?? [];
        logRefusedReceivers(refusals, secrets, options);
        return { kind: 'sent', code: refusals.length > 0 ? PARTIAL : `smtp_${sent.response.slice(0, 3)}` };
      } catch (err) {
        return mailFailure(err, secrets);
      }
    },
    close: async () => transport.close(),
  };
}

function transportOptions(settings: MailSettings, password: string | undefined, { name, timeouts }: ChannelOptions) {
  const { host, port, tls, username } = settings;
  if (tls === 'none' && !isThisMachine(host)) {
    throw new ConfigError(`channels.${name}.tls: none is for a mail server on this machine; set starttls or implicit.`);
  }
  const { connectMs, greetingMs, idleMs } = timeouts.mail;
  return {
    host,
    port,
    pool: false as const,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { ...(settings.caFile === undefined ? {} : { ca: readCertificate(settings.caFile, name) }) },
    ...(username === undefined || password === undefined ? {} : { auth: { user: username, pass: password } }),
    dnsTimeout: connectMs,
    connectionTimeout: connectMs,
    greetingTimeout: greetingMs,
    socketTimeout: idleMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function readCertificate(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : 'unreadable';
    throw new ConfigError(`channels.${name}.caFile: ${path} cannot be read (${code}); it must hold a PEM certificate.`);
  }
}

function writeMail(message: AlertMessage, { from, to }: MailSettings, options: ChannelOptions) {
  const described = describeMessage(message, options);
  const fit = { limit: MAX_PART_BYTES, total: message.items.length };
  return {
    from,
    to,
    subject: described.title,
    text: fitMessage(described, PLAIN_TEXT, fit).body,
    html: htmlPage(fitMessage(described, HTML, fit).body, options.language),
    messageId: messageIdOf(message, from),
    date: new Date(systemClock.now()),
    // No out-of-office reply, please (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated' },
    priority: message.severity === 'critical' ? ('high' as const) : ('normal' as const),
  };
}

/** The same for the same attempt: mail programs show its repetition once. */
function messageIdOf({ id }: AlertMessage, from: string): string {
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'payguard.invalid';
  return `<${id.replaceAll(/[^\w.-]/g, '-')}@${domain}>`;
}

/** Some receivers have it, so it counts as sent; who has not must be seen by somebody. */
function logRefusedReceivers(
  errors: readonly Error[],
  secrets: readonly string[],
  { name, log }: ChannelOptions,
): void {
  for (const err of errors) {
    const receiver: unknown = Reflect.get(err, 'recipient');
    const reply = replyOf(err);
    const words = receiverWords(reply?.text ?? '', secrets);
    log.warn({ channel: name, receiver, reply: reply?.code, words }, 'mail server refused a receiver');
  }
}
