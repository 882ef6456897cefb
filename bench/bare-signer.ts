import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { signMessage } from 'wechatpay-simulator/notifications/sign-message';

/**
 * What the simulator is measured against: signing alone, on the same thread pool, as many at once as the simulator sends.
 * `POST /?count=N` signs N bodies of a notification's size and answers when all are done.
 */
const IN_FLIGHT = 64;
const BODY = 'x'.repeat(900);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const server = createServer(async (request, response) => {
  const count = Number(new URL(request.url ?? '/', 'http://localhost').searchParams.get('count') ?? 0);
  let started = 0;
  const workers = Array.from({ length: IN_FLIGHT }, async () => {
    while (started++ < count) await signMessage(privateKey, 'SERIAL', BODY, Date.now());
  });
  await Promise.all(workers);
  response.end('ok');
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
