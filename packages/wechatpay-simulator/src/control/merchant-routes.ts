import { z } from 'zod';
import { DEFAULT_SHARE, type SigningOutcome, type SigningRefusal } from '../merchants/change-signing.ts';
import type { Merchant } from '../merchants/merchant.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { describeMerchant } from './describe-merchant.ts';
import { merchantAnswer } from './merchant-answer.ts';
import type { ControlApp } from './openapi.ts';
import { ControlRefusal, refusal } from './refusal.ts';

const shareSchema = z.number().min(0).max(1);
const rotateSchema = z.strictObject({ share: shareSchema.default(DEFAULT_SHARE) });
const signingSchema = z.strictObject({
  mode: z.enum(['certificate', 'public-key', 'rotating']).optional(),
  publicKeyShare: shareSchema.optional(),
  newCertificateShare: shareSchema.optional(),
  postponeNewCertificate: z.boolean().optional(),
});
const switchSchema = z.union(
  [z.strictObject({ automatic: z.literal(true) }), z.strictObject({ stop: z.literal(true) })],
  {
    error: 'give {"automatic": true} to start the switch, or {"stop": true} to return to certificates',
  },
);

/** One sentence each: what stands against it and what to do. 409 by the control API. */
const SIGNING_REFUSALS: Readonly<Record<SigningRefusal, string>> = {
  no_certificates:
    'the merchant is verified by its public key alone; PUT …/signing {"mode": "certificate"} gives it certificates.',
  no_new_certificate: 'newCertificateShare needs a new certificate; POST …/rotate makes one.',
  rotation_under_way:
    'a new certificate is being rolled out; PUT …/signing {"newCertificateShare": 1} ends that, 0 aborts it.',
  share_lowered:
    'a share cannot be lowered; abort with {"newCertificateShare": 0}, or stop the switch with {"mode": "certificate"}.',
  share_without_switch: 'publicKeyShare needs mode "rotating"; give both.',
  switch_finished: 'the merchant is verified by its public key already; PUT …/signing {"mode": …} moves it by hand.',
  switch_under_way:
    'the merchant is switching to its public key; stop that first with POST …/switch-to-public-key {"stop": true}.',
};

const pathSchema = z.strictObject({ mchid: z.string() });

/** Merchants, and what a merchant does in WeChat Pay's platform about the keys that sign for it. */
export function registerMerchantRoutes(app: ControlApp, parts: SimulatorParts): void {
  app.get(
    '/merchants',
    {
      schema: {
        tags: ['merchants'],
        summary: 'All that a gateway needs to be set up: ids, keys, serials, file paths',
        response: { 200: z.object({ merchants: z.array(merchantAnswer) }) },
      },
    },
    async () => ({
      merchants: [...parts.merchants.values()].map((merchant) => describeMerchant(merchant, parts.keysDir)),
    }),
  );

  app.post(
    '/merchants/:mchid/rotate',
    {
      schema: {
        tags: ['merchants'],
        summary: 'Makes a new platform certificate, which from now on signs a share of what certificates sign',
        params: pathSchema,
        body: rotateSchema,
        response: { 200: merchantAnswer },
      },
    },
    async ({ params, body }) => {
      const merchant = findMerchant(parts, params.mchid);
      return answer(parts, merchant, merchant.signing.rotate(body.share));
    },
  );

  app.put(
    '/merchants/:mchid/signing',
    {
      schema: {
        tags: ['merchants'],
        summary: 'Moves by hand what signs: mode, share of the public key, share of the new certificate',
        params: pathSchema,
        body: signingSchema,
        response: { 200: merchantAnswer },
      },
    },
    async ({ params, body }) => {
      const merchant = findMerchant(parts, params.mchid);
      return answer(parts, merchant, merchant.signing.change(body));
    },
  );

  app.post(
    '/merchants/:mchid/switch-to-public-key',
    {
      schema: {
        tags: ['merchants'],
        summary: 'Starts the staged switch to the public key, which takes about a week, or stops it',
        params: pathSchema,
        body: switchSchema,
        response: { 200: merchantAnswer },
      },
    },
    async ({ params, body }) => {
      const merchant = findMerchant(parts, params.mchid);
      return answer(parts, merchant, 'stop' in body ? merchant.signing.stopSwitch() : merchant.signing.startSwitch());
    },
  );
}

function findMerchant(parts: SimulatorParts, mchid: string): Merchant {
  const merchant = parts.merchants.get(mchid);
  if (merchant === undefined) throw refusal('unknown_merchant');
  return merchant;
}

function answer(parts: SimulatorParts, merchant: Merchant, outcome: SigningOutcome) {
  if (outcome.kind === 'refused') throw new ControlRefusal(409, SIGNING_REFUSALS[outcome.why]);
  return describeMerchant(merchant, parts.keysDir);
}
