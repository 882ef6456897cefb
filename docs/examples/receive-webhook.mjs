// Receives payguard's webhooks (alerts, and credits for the shop): node receive-webhook.mjs SECRET_FILE [PORT]
// Needs nothing but Node. The library `standardwebhooks` does the same in many languages.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const FIVE_MINUTES_S = 300;

/** Whether the sender knows the secret (whsec_…) and sent this not long ago. `body` exactly as it came. */
export function isSigned(secret, headers, body, nowSeconds) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (!id || !signatures || !(Math.abs(nowSeconds - Number(timestamp)) <= FIVE_MINUTES_S)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return signatures.split(' ').some((given) => {
    const bytes = Buffer.from(given);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
}

if (import.meta.main) {
  const [secretFile, port = '8000'] = process.argv.slice(2);
  const secret = readFileSync(secretFile, 'utf8').trim();
  // In a shop: a table with the unique key webhook-id, written in the transaction that does the work.
  const done = new Set();
  createServer(async (request, response) => {
    const chunks = await request.toArray();
    const body = Buffer.concat(chunks).toString();
    if (!isSigned(secret, request.headers, body, Date.now() / 1000)) return response.writeHead(401).end();
    const id = request.headers['webhook-id'];
    if (!done.has(id)) console.log(id, JSON.parse(body));
    done.add(id);
    response.writeHead(204).end();
  }).listen(Number(port), '127.0.0.1');
}
