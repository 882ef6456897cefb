/** Says in one sentence why a state file cannot be used, and what to do. */
export class StateFileError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StateFileError';
  }
}

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const FULL = 13;
const CANTOPEN = 14;

export function explainStateError(path: string, error: unknown): StateFileError {
  if (error instanceof StateFileError) return error;
  switch (primaryCode(error)) {
    case BUSY:
    case LOCKED:
      return new StateFileError(
        `${path} is in use by another simulator; stop that one, or choose another folder.`,
        error,
      );
    case READONLY:
    case IOERR:
    case FULL:
    case CANTOPEN:
      return new StateFileError(
        `${path} cannot be written (${reasonOf(error)}); free the disk or mend its rights.`,
        error,
      );
    default:
      return new StateFileError(
        `${path} is damaged (${reasonOf(error)}); restore it, or remove it to begin anew.`,
        error,
      );
  }
}

/** Of an error of SQLite; one of the file system means that it cannot be opened. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  return 'syscall' in error ? CANTOPEN : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n', 1).join('') : String(error);
}
