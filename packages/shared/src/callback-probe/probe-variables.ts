import { z } from 'zod';

/** Environment variables of whoever probes callback URLs. */
export const probeVariables = {
  ALLOW_LOCAL_NOTIFY_URL: z
    .stringbool()
    .default(false)
    .describe('true to probe a notifyUrl that WeChat Pay could not call: for development with the simulator only'),
  PROBE_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of authorities that the probe trusts beside the public ones (a test system of your own)'),
};
