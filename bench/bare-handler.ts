import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { createMicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { loadKeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import { openResource } from '@payguard/shared/wechatpay-verify/open-resource';
import { isSignatureValid } from '@payguard/shared/wechatpay-verify/signed-message';
import Fastify from 'fastify';

/**
 * What the gateway is measured against: the same HTTP server, signature check, decryption and micro-batched producer, and
 * nothing else: no time window, no schemas, no event, no callback log, no metrics, no log lines, no bounds.
 */
const { KAFKA_BROKERS = '', MERCHANTS_FILE = '', PORT = '0' } = process.env;
const [key] = loadKeyRing(loadMerchantsFile(MERCHANTS_FILE)).values();
if (key === undefined) throw new Error('no key');
const kafka = createKafka(
  'bare',
  { KAFKA_BROKERS: KAFKA_BROKERS.split(','), KAFKA_SSL: false },
  createLogger('bare', 'silent'),
);
const producer = createProducer(kafka);
await producer.connect();
const publisher = createMicroBatchPublisher(producer, { maxQueued: 100_000 });

const app = Fastify({ logger: false });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.get('/health', async () => 'ok');
app.post('/callback', async (request, reply) => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const header = (name: string) => String(request.headers[name]);
  const signed = {
    timestamp: header('wechatpay-timestamp'),
    nonce: header('wechatpay-nonce'),
    signature: header('wechatpay-signature'),
    body,
  };
  if (!isSignatureValid(signed, key.key)) return reply.code(401).send();
  const { resource } = JSON.parse(body.toString('utf8'));
  const opened = openResource(key.apiV3Key, { ...resource, associatedData: resource.associated_data });
  if (opened === undefined) return reply.code(401).send();
  const value = opened.toString('utf8');
  const { out_trade_no } = JSON.parse(value);
  const result = await publisher.publish({ topic: 'payment.mismatch', key: out_trade_no, value, headers: {} }, 2_500);
  return reply.code(result.kind === 'acknowledged' ? 204 : 503).send();
});
await app.listen({ host: '127.0.0.1', port: Number(PORT) });
process.once('SIGTERM', () => process.exit(0));
