import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { registerControlRoutes } from './control/control-routes.ts';
import { createFaults, type Faults } from './faults.ts';
import { CHANNELS, type Channel, createInbox, type ReceivedMessage, type Tally } from './inbox.ts';
import { startMailServer } from './mail/mail-server.ts';
import { PATHS, type ReceiverParts, registerReceiverRoutes } from './receiver-routes.ts';
import { createMessageRate } from './robots/message-rate.ts';
import { type KeptSecrets, keepSecrets } from './secrets/keep-secrets.ts';
import { registerWebRoutes } from './web/web-routes.ts';

/** Both robots' own: 20 messages a minute, and at DingTalk ten minutes of silence for one more. */
const ROBOT_MESSAGES = 20;
const ROBOT_WINDOW_MS = 60_000;
const DINGTALK_SILENCE_MS = 600_000;
const SMTP_USERNAME = 'alerts@localhost';
/** Large enough that a robot, not the web server, is who refuses a message that is too long. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** What a caller must know, as a file in the state folder. */
const ADDRESSES_FILE = 'receivers.json';

export type ReceiverOptions = {
  /** Keeps secrets and certificate over a restart. */
  stateDir: string;
  host?: string;
  /** 0: a free one. */
  port?: number;
  smtpPort?: number;
  smtpImplicitTlsPort?: number;
  /** The minute in which a robot counts its messages, ms. */
  windowMs?: number;
  /** DingTalk's silence after one message too many, ms. */
  silenceMs?: number;
};

/** Where everything is, for the settings of a sender. Files hold one secret each. */
export type ReceiverAddresses = {
  page: string;
  dingtalk: string;
  wecom: string;
  webhook: string;
  shop: string;
  smtp: { host: string; port: number; implicitTlsPort: number; username: string };
  files: KeptSecrets['files'];
};

export type Receivers = ReceiverAddresses & {
  messages(channel?: Channel): ReceivedMessage[];
  tallies(): Record<Channel, Tally>;
  faults: Faults;
  /** Forgets messages, tallies and faults; not the robots' rate. */
  clear(): void;
  close(): Promise<void>;
};

/** The outside world that alerts go to, on this machine: mail server, robots, webhooks, and a page that shows them. */
export async function createReceivers(options: ReceiverOptions): Promise<Receivers> {
  const host = options.host ?? '127.0.0.1';
  const kept = keepSecrets(options.stateDir, Date.now());
  const parts = makeParts(options, kept);
  const { inbox, faults } = parts;
  const mail = await startMailServer({
    host,
    port: options.smtpPort ?? 0,
    implicitTlsPort: options.smtpImplicitTlsPort ?? 0,
    username: SMTP_USERNAME,
    password: kept.secrets.smtpPassword,
    tls: kept.tls,
    inbox,
    faults: faults.mail,
  });
  const app = buildApp(parts);
  await app.listen({ host, port: options.port ?? 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://${host}:${port}`;
  const addresses: ReceiverAddresses = {
    page: url,
    dingtalk: url + PATHS.dingtalk,
    wecom: url + PATHS.wecom,
    webhook: url + PATHS.webhook,
    shop: url + PATHS.shop,
    smtp: { host, port: mail.port, implicitTlsPort: mail.implicitTlsPort, username: SMTP_USERNAME },
    files: kept.files,
  };
  writeFileSync(join(options.stateDir, ADDRESSES_FILE), `${JSON.stringify(addresses, null, 2)}\n`);
  return {
    ...addresses,
    messages: (channel) => inbox.list({ channel }),
    tallies: () => inbox.tallies(),
    faults,
    clear() {
      inbox.clear();
      for (const channel of CHANNELS) faults[channel].set(null);
    },
    close: async () => {
      await Promise.all([app.close(), mail.close()]);
    },
  };
}

function makeParts(options: ReceiverOptions, { secrets }: KeptSecrets): ReceiverParts {
  const windowMs = options.windowMs ?? ROBOT_WINDOW_MS;
  const penaltyMs = options.silenceMs ?? DINGTALK_SILENCE_MS;
  return {
    inbox: createInbox(),
    faults: createFaults(),
    dingtalk: {
      token: secrets.dingtalkToken,
      secret: secrets.dingtalkSecret,
      rate: createMessageRate({ messages: ROBOT_MESSAGES, windowMs, penaltyMs }),
    },
    wecom: {
      key: secrets.wecomKey,
      rate: createMessageRate({ messages: ROBOT_MESSAGES, windowMs, penaltyMs: 0 }),
    },
    webhookSecrets: { webhook: secrets.webhookSecret, shop: secrets.shopSecret },
  };
}

function buildApp(parts: ReceiverParts): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A call that is told to hang must not hold up the stop.
    forceCloseConnections: true,
  });
  // A signature is over the bytes as they came.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  registerReceiverRoutes(app, parts);
  registerControlRoutes(app, parts);
  registerWebRoutes(app, parts.inbox);
  return app;
}
