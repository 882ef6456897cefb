import { z } from 'zod';

/** The simulator is on this machine and was ready a moment ago. */
const CALL_TIMEOUT_MS = 5_000;

/** What is needed here of the simulator's description of a merchant (its GET /control/v1/merchants). */
const certificateSchema = z.object({ serial: z.string(), certificatePem: z.string() });
const merchantSchema = z.object({
  mchid: z.string(),
  appid: z.string(),
  serialNo: z.string(),
  privateKeyPem: z.string(),
  apiV3Key: z.string(),
  platform: certificateSchema,
  nextPlatform: certificateSchema.nullable(),
  publicKey: z.object({ id: z.string(), publicKeyPem: z.string() }),
  paths: z.object({ privateKey: z.string() }).nullable(),
});

export type SimulatedMerchant = z.output<typeof merchantSchema>;

const answerSchema = z.object({ merchants: z.tuple([merchantSchema]) });

/** The one merchant that the simulator plays, with all its keys. */
export async function fetchSimulatedMerchant(controlUrl: string): Promise<SimulatedMerchant> {
  const answer = await fetch(`${controlUrl}/merchants`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  const [merchant] = answerSchema.parse(await answer.json()).merchants;
  return merchant;
}
