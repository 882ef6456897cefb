import { ConfigError } from '@payguard/shared/config/config-error';
import { BadInput } from './command.ts';

/** Wrong settings are a mistake of the command line here. */
export function asBadInput<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ConfigError ? new BadInput(error.message) : error;
  }
}
