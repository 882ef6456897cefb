import { z } from 'zod';

function passwordOf(part: string) {
  return z
    .string()
    .optional()
    .describe(`payguard grants: password of the database user of ${part}; letters, digits and - . _ ~`);
}

/** For each part of database-privileges.ts. */
export const passwordVariables = {
  PAYGUARD_PASSWORD_POINTS: passwordOf('points'),
  PAYGUARD_PASSWORD_RECONCILER: passwordOf('the reconciler'),
  PAYGUARD_PASSWORD_CHECKOUT: passwordOf('checkout'),
  PAYGUARD_PASSWORD_ALERTER: passwordOf('the alerter'),
  PAYGUARD_PASSWORD_OPERATOR: passwordOf('people who run payguard commands'),
};
