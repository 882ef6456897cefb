import { createHash } from 'node:crypto';
import { mchidSchema } from '@payguard/shared/rules/wechat-fields';
import { z } from 'zod';

/**
 * WeChat Pay wants time_expire a minute ahead at least (page 4012791877); the other minute is for the prepay's way, a
 * repeat of it, and the payer.
 */
const SHORTEST_LIFE_SECONDS = 120;
/** The shortest of the limits that its pages name. */
const LONGEST_LIFE_SECONDS = 7 * 24 * 3_600;
/** A code_url and a prepay_id live as long (page 4012791877). */
const DEFAULT_LIFE_SECONDS = 2 * 3_600;
/** The columns are INT. */
const MAX_POINTS = 2_147_483_647;

const terms = {
  mchid: mchidSchema.optional().describe('Merchant number; may be left out when the key reaches one only.'),
  appid: z.string().min(1).max(32).optional().describe("App id; the merchant's first one when left out."),
  out_trade_no: z
    .string()
    .regex(/^[0-9A-Za-z_-]{6,32}$/, 'must be 6-32 characters of 0-9 A-Z a-z _ -')
    .optional()
    .describe("The shop's order number. Left out, one is made from the Idempotency-Key."),
  user_id: z.int().min(1).describe("The shop's user (users.id) who gets the points."),
  amount_total: z.int().min(1).describe('Amount in fen.'),
  points: z.int().min(1).max(MAX_POINTS),
  bonus_points: z.int().min(0).max(MAX_POINTS).default(0).describe('Given on top of points.'),
  description: z.string().min(1).max(127).describe('What is bought, as the payer sees it.'),
  expires_in_seconds: z
    .int()
    .min(SHORTEST_LIFE_SECONDS)
    .max(LONGEST_LIFE_SECONDS)
    .default(DEFAULT_LIFE_SECONDS)
    .describe('How long it can be paid.'),
  attach: z.string().min(1).max(128).optional().describe('Comes back with the payment, in bills and notifications.'),
};

export const orderRequestSchema = z
  .discriminatedUnion('trade_type', [
    z.strictObject({ ...terms, trade_type: z.literal('native') }).describe('A QR code.'),
    z.strictObject({ ...terms, trade_type: z.literal('app') }).describe('In an app.'),
    z
      .strictObject({
        ...terms,
        trade_type: z.literal('jsapi'),
        openid: z.string().min(1).max(128).describe('The payer, as the appid knows them.'),
      })
      .describe('Inside WeChat: mini program or official account.'),
    z
      .strictObject({
        ...terms,
        trade_type: z.literal('h5'),
        payer_client_ip: z.union([z.ipv4(), z.ipv6()]).describe("The payer's address."),
      })
      .describe("In a phone's browser."),
  ])
  .meta({ id: 'NewOrder', description: 'An order to be made and paid.' });

export type OrderRequest = z.output<typeof orderRequestSchema>;

/**
 * What an order was asked for with, its number aside: a repeat has the same hash, and any difference that WeChat Pay or the
 * shop would see another one. `mchid` and `appid` as they were chosen.
 */
export function hashOfTerms(request: OrderRequest, chosen: { mchid: string; appid: string }): string {
  const { out_trade_no: _number, ...rest } = request;
  return hashOf({ ...rest, ...chosen });
}

/** What an Idempotency-Key stands for: the terms, and the number if one was given. */
export function hashOfRequest(request: OrderRequest, chosen: { mchid: string; appid: string }): string {
  return hashOf({ ...request, ...chosen });
}

function hashOf(fields: Record<string, string | number | undefined>): string {
  const sorted = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}
