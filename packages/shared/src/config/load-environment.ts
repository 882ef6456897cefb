import type { z } from 'zod';
import { ConfigError } from './config-error.ts';

/**
 * Parses the environment by a schema of which every variable carries a description (docs/env.md is generated from it).
 * An empty variable counts as not set. Throws ConfigError naming the first variable that is wrong.
 */
export function loadEnvironment<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.infer<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? 'environment');
  const what = given[name] === undefined ? 'is not set' : `is wrong (${issue?.message ?? 'invalid'})`;
  const description = schema.shape[name]?.description ?? '';
  throw new ConfigError(`${name} ${what}; set it to: ${description}`);
}
