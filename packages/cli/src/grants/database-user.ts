import { BadInput } from '../command.ts';
import { DATABASE_PARTS, type DatabasePart, isDatabasePart } from './database-privileges.ts';
import type { Account } from './plan-grants.ts';

/** The account that a part logs in with. */
export type DatabaseUser = { part: DatabasePart; account: Account; password: string };

/** Longer ones MySQL does not take. */
const NAME = /^[A-Za-z0-9_.-]{1,32}$/;
/** A name, an address, a network, with % and _ for any. */
const HOST = /^[A-Za-z0-9_.:%/-]{1,60}$/;
/** They stand in mysql://user:password@host, where any other would mean something. */
const PASSWORD = /^[A-Za-z0-9\-._~]+$/;

/**
 * Reads `points=payguard_points`, one for each part that is to have a user; `host` is from where they may log in.
 * Throws BadInput.
 */
export function parseAccounts(entries: readonly string[], host: string): Map<DatabasePart, Account> {
  if (!HOST.test(host))
    throw new BadInput(`--host ${host} is no host: give %, an address or a pattern such as 10.1.%.`);
  const accounts = new Map<DatabasePart, Account>();
  for (const entry of entries) {
    const [, part = '', name = ''] = /^([^=]*)=(.*)$/.exec(entry) ?? [];
    if (!isDatabasePart(part)) {
      throw new BadInput(
        `--user ${entry} cannot be used: write part=name, with part one of ${DATABASE_PARTS.join(', ')}.`,
      );
    }
    if (!NAME.test(name)) {
      throw new BadInput(`--user gives ${part} the name "${name}": use 1 to 32 letters, digits, _ . and -.`);
    }
    if (accounts.has(part)) throw new BadInput(`--user names ${part} twice: keep one.`);
    if ([...accounts.values()].some((other) => other.name === name)) {
      throw new BadInput(`--user gives two parts the name ${name}: each needs a user of its own.`);
    }
    // MySQL writes hosts in small letters.
    accounts.set(part, { name, host: host.toLowerCase() });
  }
  if (accounts.size > 0) return accounts;
  throw new BadInput('No user is named: give --user points=payguard_points, and so on for each part that you run.');
}

/** Where a part's password is. */
export function passwordVariable(part: DatabasePart): string {
  return `PAYGUARD_PASSWORD_${part.toUpperCase()}`;
}

/** Adds each part's password from its variable. Throws BadInput, which never holds a password. */
export function readPasswords(accounts: ReadonlyMap<DatabasePart, Account>, env: NodeJS.ProcessEnv): DatabaseUser[] {
  return [...accounts].map(([part, account]) => {
    const variable = passwordVariable(part);
    const password = env[variable] ?? '';
    if (password === '') throw new BadInput(`${variable} is not set: set it to the password of ${account.name}.`);
    if (!PASSWORD.test(password)) {
      throw new BadInput(
        `${variable} holds characters other than letters, digits and - . _ ~: choose another password, since it becomes part of an address.`,
      );
    }
    return { part, account, password };
  });
}
