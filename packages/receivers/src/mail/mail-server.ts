import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { FaultSwitch, MailFault } from '../faults.ts';
import type { Inbox, NewMessage } from '../inbox.ts';
import type { TlsCredentials } from '../secrets/issue-certificate.ts';
import { createMailSessions, smtpRefusal } from './mail-session.ts';

/** More than any message of people; what goes on longer is refused. */
const MAX_MAIL_BYTES = 2 * 1024 * 1024;
const MAX_CLIENTS = 64;
/** A client that says nothing for so long is cut off. */
const IDLE_TIMEOUT_MS = 60_000;
/** Of a stop: what still speaks is cut off. */
const CLOSE_TIMEOUT_MS = 200;

export type MailServerOptions = {
  host: string;
  /** STARTTLS; without TLS it takes mail without login, as a relay on the same machine does. */
  port: number;
  /** TLS from the first byte. */
  implicitTlsPort: number;
  username: string;
  password: string;
  tls: TlsCredentials;
  inbox: Inbox;
  faults: FaultSwitch<MailFault>;
};

export type MailServer = { port: number; implicitTlsPort: number; close(): Promise<void> };

/** A mail server that delivers nothing: what it takes is in the inbox. */
export async function startMailServer(options: MailServerOptions): Promise<MailServer> {
  const plain = createServer(options, { secure: false });
  const implicit = createServer(options, { secure: true });
  return {
    port: await listen(plain, options.port, options.host),
    implicitTlsPort: await listen(implicit, options.implicitTlsPort, options.host),
    close: async () => {
      await Promise.all([close(plain), close(implicit)]);
    },
  };
}

function createServer(options: MailServerOptions, { secure }: { secure: boolean }): SMTPServer {
  const { inbox, faults } = options;
  const sessions = createMailSessions(faults);
  const refuse = (reply: number): void => inbox.refuse('mail', String(reply));
  const handlers: SMTPServerOptions = {
    onConnect(session, answer) {
      const fault = sessions.open(session);
      if (fault?.kind === 'hang' && fault.at === 'connect') return;
      if (fault?.kind === 'cut') return cut(server, session);
      answer(noted(sessions.refusalAt('connect', session), refuse));
    },
    onAuth({ username, password }, session, answer) {
      const isRight = username === options.username && password === options.password;
      const refusal = isRight ? sessions.refusalAt('login', session) : smtpRefusal(535, 'authentication failed');
      if (refusal !== undefined) return answer(noted(refusal, refuse));
      answer(null, { user: username });
    },
    onMailFrom(_address, session, answer) {
      const mustLogIn = session.secure && session.user === undefined;
      const refusal = mustLogIn ? smtpRefusal(530, 'authentication required') : sessions.refusalAt('sender', session);
      answer(noted(refusal, refuse));
    },
    onRcptTo(address, session, answer) {
      answer(noted(sessions.refusalAt('receiver', session, address), refuse));
    },
    onData(stream, session, answer) {
      void readMail(stream, session).then((message) => {
        const fault = sessions.faultOf(session);
        if (fault?.kind === 'hang') return;
        const refusal = stream.sizeExceeded ? smtpRefusal(552, 'too large') : sessions.refusalAt('data', session);
        if (refusal !== undefined) return answer(noted(refusal, refuse));
        inbox.add(message);
        if (fault?.kind === 'lose_answer') return cut(server, session);
        answer(null, `taken as ${message.id ?? 'unnamed'}`);
      }, answer);
    },
    onClose: (session) => sessions.end(session),
  };
  const server = new SMTPServer({
    ...handlers,
    secure,
    key: options.tls.key,
    cert: options.tls.certificate,
    authOptional: true,
    size: MAX_MAIL_BYTES,
    maxClients: MAX_CLIENTS,
    socketTimeout: IDLE_TIMEOUT_MS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    disableReverseLookup: true,
    logger: false,
  });
  // A client that breaks off, or does not trust the certificate, is the client's affair.
  server.on('error', () => undefined);
  return server;
}

function noted<E extends { responseCode: number }>(refusal: E | undefined, note: (reply: number) => void): E | null {
  if (refusal !== undefined) note(refusal.responseCode);
  return refusal ?? null;
}

async function readMail(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<NewMessage> {
  const mail = await simpleParser(stream);
  const { mailFrom, rcptTo } = session.envelope;
  return {
    channel: 'mail',
    title: mail.subject ?? '',
    text: mail.text ?? '',
    html: typeof mail.html === 'string' ? mail.html : null,
    id: mail.messageId ?? null,
    bytes: stream.byteLength,
    details: {
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(({ address }) => address),
      tls: session.secure,
      user: typeof session.user === 'string' ? session.user : null,
    },
  };
}

function cut(server: SMTPServer, session: SMTPServerSession): void {
  for (const connection of server.connections) {
    if (connection.session.id === session.id) connection._socket.destroy();
  }
}

function listen(server: SMTPServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, host, () => {
      server.server.off('error', reject);
      resolve((server.server.address() as AddressInfo).port);
    });
  });
}

function close(server: SMTPServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
