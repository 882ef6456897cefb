import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { KeyRing, VerificationKey } from './key-ring.ts';
import { normalizeSerial } from './key-ring.ts';
import type { Refund, Transaction } from './notification.ts';
import { notificationSchema, refundSchema, transactionSchema } from './notification.ts';
import { openResource } from './open-resource.ts';
import { isSignatureValid, isTimestampFresh, SIGNATURE_TEST_PREFIX } from './signed-message.ts';

export type RefusalReason =
  | 'missing_header'
  | 'unsupported_signature_type'
  | 'v2_xml'
  | 'signature_test'
  | 'stale_timestamp'
  | 'unknown_serial'
  | 'expired_key'
  | 'bad_signature'
  | 'malformed_body'
  | 'undecryptable'
  | 'malformed_resource'
  | 'wrong_merchant'
  | 'unsupported_event';

export type VerifiedNotification = { notificationId: string; keyId: string } & (
  | { kind: 'transaction'; transaction: Transaction }
  | { kind: 'refund'; refund: Refund }
);

export type VerifyOutcome =
  | { kind: 'verified'; notification: VerifiedNotification }
  /** `detail` says in a few words what was off; it holds nothing secret. */
  | { kind: 'refused'; reason: RefusalReason; detail: string };

const SIGNATURE_TYPE = 'WECHATPAY2-SHA256-RSA2048';

/**
 * Decides whether a callback is WeChat Pay's own and what it says. Pure but for the keys given: no network, no clock of
 * its own (`now`: ms UTC). Checks, in this order: headers, time window, key by serial, signature over the raw bytes,
 * JSON, AES-256-GCM with its tag, fields, and that the resource belongs to the merchant whose key signed it.
 */
export function verifyNotification(
  request: { headers: IncomingHttpHeaders; body: Buffer },
  keys: KeyRing,
  now: number,
): VerifyOutcome {
  const headers = readHeaders(request.headers);
  if (headers.kind === 'refused')
    return looksLikeXml(request.body) ? refused('v2_xml', 'a v2 XML notification') : headers;
  const { timestamp, nonce, signature, serial } = headers;
  if (signature.startsWith(SIGNATURE_TEST_PREFIX)) return refused('signature_test', 'a WeChat Pay signature test');
  if (!isTimestampFresh(timestamp, now)) return refused('stale_timestamp', 'Wechatpay-Timestamp is off by over 300 s');
  const key = keys.get(normalizeSerial(serial));
  if (key === undefined) return refused('unknown_serial', 'Wechatpay-Serial is not a key we hold');
  if (now < key.validFrom || now > key.validTo) return refused('expired_key', `key ${key.id} is not valid now`);
  if (!isSignatureValid({ timestamp, nonce, body: request.body, signature }, key.key)) {
    return refused('bad_signature', 'the signature does not fit the body');
  }
  return openNotification(request.body, key);
}

type SignatureHeaders = { kind: 'headers'; timestamp: string; nonce: string; signature: string; serial: string };

function readHeaders(headers: IncomingHttpHeaders): SignatureHeaders | (VerifyOutcome & { kind: 'refused' }) {
  const timestamp = headers['wechatpay-timestamp'];
  const nonce = headers['wechatpay-nonce'];
  const signature = headers['wechatpay-signature'];
  const serial = headers['wechatpay-serial'];
  if (typeof timestamp !== 'string') return refused('missing_header', 'header Wechatpay-Timestamp is missing');
  if (typeof nonce !== 'string') return refused('missing_header', 'header Wechatpay-Nonce is missing');
  if (typeof signature !== 'string') return refused('missing_header', 'header Wechatpay-Signature is missing');
  if (typeof serial !== 'string') return refused('missing_header', 'header Wechatpay-Serial is missing');
  const type = headers['wechatpay-signature-type'] ?? SIGNATURE_TYPE;
  if (type !== SIGNATURE_TYPE) return refused('unsupported_signature_type', 'Wechatpay-Signature-Type is not known');
  return { kind: 'headers', timestamp, nonce, signature, serial };
}

/** From here on the bytes are WeChat Pay's own; what is still off is our configuration or a product we do not serve. */
function openNotification(body: Buffer, key: VerificationKey): VerifyOutcome {
  const outer = parseJson(notificationSchema, body);
  if (!outer.ok) return refused('malformed_body', outer.detail);
  const { id, event_type, resource } = outer.value;
  const opened = openResource(key.apiV3Key, { ...resource, associatedData: resource.associated_data });
  if (opened === undefined)
    return refused('undecryptable', `the resource does not open with merchant ${key.mchid}'s APIv3 key`);
  const about = { notificationId: id, keyId: key.id };
  if (event_type === 'TRANSACTION.SUCCESS') {
    const transaction = parseJson(transactionSchema, opened);
    if (!transaction.ok) return refused('malformed_resource', transaction.detail);
    if (transaction.value.mchid !== key.mchid) return refused('wrong_merchant', 'the resource is of another merchant');
    return { kind: 'verified', notification: { ...about, kind: 'transaction', transaction: transaction.value } };
  }
  if (event_type.startsWith('REFUND.')) {
    const refund = parseJson(refundSchema, opened);
    if (!refund.ok) return refused('malformed_resource', refund.detail);
    if (refund.value.mchid !== key.mchid) return refused('wrong_merchant', 'the resource is of another merchant');
    return { kind: 'verified', notification: { ...about, kind: 'refund', refund: refund.value } };
  }
  return refused('unsupported_event', `event_type ${event_type} is not handled here`);
}

function parseJson<S extends z.ZodType>(
  schema: S,
  bytes: Buffer,
): { ok: true; value: z.infer<S> } | { ok: false; detail: string } {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { ok: false, detail: 'not JSON' };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, detail: `field ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? 'invalid'}` };
}

function looksLikeXml(body: Buffer): boolean {
  return body.subarray(0, 64).toString('latin1').trimStart().startsWith('<');
}

function refused(reason: RefusalReason, detail: string): VerifyOutcome & { kind: 'refused' } {
  return { kind: 'refused', reason, detail };
}
