import type { SendOutcome } from '../alert-message.ts';
import { failureCode, failureDetail } from './failure-code.ts';
import { receiverWords } from './receiver-words.ts';

/** What a mail server says of one of its users, e.g. a wrong password. */
const FIRST_PERMANENT_REPLY = 500;

/** Why a mail was not sent: 4yz may pass (greylisting among it), 5yz stays; no reply at all may pass. */
export function mailFailure(err: unknown, secrets: readonly string[]): SendOutcome {
  const reply = replyOf(err);
  if (reply !== undefined) {
    const kind = reply.code >= FIRST_PERMANENT_REPLY ? 'refused' : 'failed';
    const detail = isOfLogin(err)
      ? 'The mail server did not take the login (username, passwordFile).'
      : receiverWords(reply.text, secrets);
    return { kind, code: `smtp_${reply.code}`, detail };
  }
  if (isWithoutTls(err)) {
    return { kind: 'refused', code: 'tls', detail: 'The mail server offers no STARTTLS, or its TLS does not work.' };
  }
  const code = failureCode(err);
  return { kind: code === 'tls' ? 'refused' : 'failed', code, detail: failureDetail(err) };
}

/** The server's reply that ended it, if there was one. */
export function replyOf(err: unknown): { code: number; text: string } | undefined {
  if (!(err instanceof Error)) return undefined;
  const code: unknown = Reflect.get(err, 'responseCode');
  const text: unknown = Reflect.get(err, 'response');
  return typeof code === 'number' ? { code, text: typeof text === 'string' ? text : String(code) } : undefined;
}

/** A server may answer a login by repeating it, password and all, in an encoding of its own. */
function isOfLogin(err: unknown): boolean {
  return err instanceof Error && String(Reflect.get(err, 'command')).startsWith('AUTH');
}

/** nodemailer's word for a TLS upgrade that did not come about. */
function isWithoutTls(err: unknown): boolean {
  return err instanceof Error && Reflect.get(err, 'code') === 'ETLS' && Reflect.get(err, 'originalCode') === undefined;
}
