import { checkInvariants } from '@payguard/shared/database/check-invariants';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { requireSchema } from '@payguard/shared/database/required-schema';
import { counted } from '../counted.ts';
import { type Finding, fail, ok } from './finding.ts';

/** Is the schema this release's? Without it nothing else can be asked of the database. */
export async function checkSchema(pool: DatabasePool): Promise<Finding> {
  const schema = await requireSchema(pool);
  if (schema.ready) return ok('schema', 'It is what this release needs.');
  return fail('schema', schema.reason, 'Run payguard migrate.');
}

/** The promises of ARCHITECTURE.md that a database can show. Reads whole tables. */
export async function checkPromises(pool: DatabasePool): Promise<Finding[]> {
  const results = await checkInvariants(pool);
  const broken = results.filter(({ severity, violations }) => severity === 'broken' && violations > 0);
  if (broken.length === 0) return [ok('invariants', 'All hold.')];
  return broken.map(({ name, description, violations, examples }) =>
    fail(
      `invariant ${name}`,
      `Broken by ${counted(violations, 'row')}. ${description}`,
      'Find out who writes there besides payguard; payguard check-invariants shows the rows.',
      examples.map((example) => JSON.stringify(example)),
    ),
  );
}
