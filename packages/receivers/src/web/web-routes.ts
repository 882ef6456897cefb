import type { FastifyInstance, FastifyReply } from 'fastify';
import { CHANNELS, type Channel, type Inbox } from '../inbox.ts';
import { renderPage } from './page.ts';
import { STYLE } from './style.ts';

const PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** A mail is foreign: it may show itself and do nothing. */
const MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The page for people. */
export function registerWebRoutes(app: FastifyInstance, inbox: Inbox): void {
  app.get<{ Querystring: { channel?: string } }>('/', async (request, reply) => {
    const channel = CHANNELS.find((one): one is Channel => one === request.query.channel);
    const page = renderPage({ messages: inbox.list({ channel }), tallies: inbox.tallies(), channel });
    return sendPage(reply, PAGE_POLICY, page);
  });
  app.get<{ Params: { seq: string } }>('/messages/:seq/html', async (request, reply) => {
    const seq = Number(request.params.seq);
    const [message] = inbox.list({ after: seq - 1 });
    if (message?.seq !== seq || message.html === null) return reply.code(404).send({ error: 'There is no such page.' });
    return sendPage(reply, MAIL_POLICY, message.html);
  });
  app.get('/style.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
}

function sendPage(reply: FastifyReply, policy: string, page: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-store')
    .send(page);
}
