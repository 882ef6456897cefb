/** Why the embedded stack did not start, for programs. */
export type StartErrorCode =
  | 'unsupported_platform'
  | 'java_missing'
  | 'maven_missing'
  | 'download_failed'
  | 'disk_full'
  | 'state_dir_unwritable'
  | 'state_dir_in_use'
  | 'port_taken'
  | 'server_died'
  | 'server_not_ready'
  | 'aborted';

const OWN_SERVERS =
  'or set KAFKA_BROKERS and DATABASE_URL to use servers of your own, for example those of `docker compose up --detach`';

/** No server of one's own cures these: the sentence names the cure itself. */
const CURED_OTHERWISE: ReadonlySet<StartErrorCode> = new Set(['state_dir_in_use', 'aborted']);

/** The embedded stack did not start. `message` is one sentence for people: what is wrong and every way out. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, problem: string, options?: ErrorOptions) {
    super(CURED_OTHERWISE.has(code) ? `${problem}.` : `${problem}, ${OWN_SERVERS}.`, options);
    this.code = code;
  }
}

/** Turns what the file system refused under `folder` into a StartError; anything else is returned as it is. */
export function fromFileSystemError(error: unknown, folder: string): unknown {
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StartError('disk_full', `The disk that holds ${folder} is full: free some space`, { cause: error });
  }
  if (code !== undefined && UNWRITABLE.has(code)) {
    return new StartError(
      'state_dir_unwritable',
      `The folder ${folder} cannot be written to (${code}): make it writable or choose another one`,
      { cause: error },
    );
  }
  return error;
}

const UNWRITABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'EIO']);

/** The `code` of a system error (`ENOENT`, …), if it is one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
