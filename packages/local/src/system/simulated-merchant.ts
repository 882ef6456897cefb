import type { MerchantDescription } from 'wechatpay-simulator/control/describe-merchant';
import { z } from 'zod';

/** The simulator is on this machine and was ready a moment ago. */
const CALL_TIMEOUT_MS = 5_000;

const merchantSchema: z.ZodType<MerchantDescription> = z.object({
  mchid: z.string(),
  appid: z.string(),
  mode: z.enum(['certificate', 'public-key', 'rotating']),
  publicKeyShare: z.number(),
  serialNo: z.string(),
  privateKeyPem: z.string(),
  apiV3Key: z.string(),
  platform: z.object({ serial: z.string(), publicKeyPem: z.string(), privateKeyPem: z.string() }),
  publicKey: z.object({ id: z.string(), publicKeyPem: z.string(), privateKeyPem: z.string() }),
  paths: z.object({ privateKey: z.string(), verification: z.string() }).nullable(),
});
const answerSchema = z.object({ merchants: z.tuple([merchantSchema]) });

/** The one merchant that the simulator plays, with all its keys. */
export async function fetchSimulatedMerchant(controlUrl: string): Promise<MerchantDescription> {
  const answer = await fetch(`${controlUrl}/merchants`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  const [merchant] = answerSchema.parse(await answer.json()).merchants;
  return merchant;
}
