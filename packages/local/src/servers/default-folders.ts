import { join } from 'node:path';

const REPOSITORY = join(import.meta.dirname, '../../../..');

/** Where `npm start` keeps its data, logs and addresses. */
export const DEFAULT_STATE_DIR = join(REPOSITORY, '.payguard');
/** Downloads and templates that every state directory shares; safe to delete while nothing runs. */
export const DEFAULT_CACHE_DIR = join(DEFAULT_STATE_DIR, 'cache');
