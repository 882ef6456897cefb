import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { databaseVariable } from '@payguard/shared/config/variables';
import { z } from 'zod';

const environment = z.object({
  CHECKOUT_URL: z.url().describe('Address of the order API, such as http://payguard-checkout'),
  SIMULATOR_URL: z.url().describe('Address of the simulator, such as http://payguard-simulator'),
  API_KEY_FILE: z.string().min(1).describe('Path of the file with a key of the order API'),
  DATABASE_URL: databaseVariable
    .optional()
    .describe('Database in which a user is made who gets the points (mysql://…); unset: user 1 is there'),
});

export type SmokeConfig = z.output<typeof environment>;

/** Throws ConfigError naming the variable that is wrong. */
export function loadConfig(): SmokeConfig {
  return loadEnvironment(environment, process.env);
}
