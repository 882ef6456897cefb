import type { SMTPServerAddress, SMTPServerSession } from 'smtp-server';
import type { FaultSwitch, MailFault } from '../faults.ts';

/** A refusal as the mail server library turns it into a reply. */
export type SmtpRefusal = Error & { responseCode: number };

export type Stage = 'connect' | 'login' | 'sender' | 'receiver' | 'data';

/** Which fault a connection suffers, from its beginning to its end, and what greylisting has seen. */
export type MailSessions = {
  open(session: SMTPServerSession): MailFault | null;
  faultOf(session: SMTPServerSession): MailFault | undefined;
  end(session: SMTPServerSession): void;
  /** Why this stage is refused, if it is. */
  refusalAt(stage: Stage, session: SMTPServerSession, receiver?: SMTPServerAddress): SmtpRefusal | undefined;
};

/** A greylist longer than this forgets: a drill has a handful of addresses. */
const MAX_GREYLISTED = 10_000;

export function createMailSessions(faults: FaultSwitch<MailFault>): MailSessions {
  const suffered = new Map<string, MailFault>();
  const greylisted = new Set<string>();
  return {
    open(session) {
      const fault = faults.take();
      if (fault !== null) suffered.set(session.id, fault);
      return fault;
    },
    faultOf: (session) => suffered.get(session.id),
    end: (session) => {
      suffered.delete(session.id);
    },
    refusalAt(stage, session, receiver) {
      const fault = suffered.get(session.id);
      if (fault?.kind === 'greylist' && stage === 'receiver') return greylist(greylisted, session, receiver?.address);
      if (fault?.kind !== 'refuse' || fault.at !== stage) return undefined;
      if (fault.address !== undefined && fault.address !== receiver?.address) return undefined;
      return smtpRefusal(fault.reply, 'refused as told');
    },
  };
}

/** A pair of sender and receiver is refused the first time it is seen. */
function greylist(seen: Set<string>, session: SMTPServerSession, receiver = ''): SmtpRefusal | undefined {
  const { mailFrom } = session.envelope;
  const pair = `${mailFrom === false ? '' : mailFrom.address} ${receiver}`;
  if (seen.has(pair)) return undefined;
  if (seen.size >= MAX_GREYLISTED) seen.clear();
  seen.add(pair);
  return smtpRefusal(451, 'greylisted, try again later');
}

export function smtpRefusal(responseCode: number, text: string): SmtpRefusal {
  return Object.assign(new Error(text), { responseCode });
}
