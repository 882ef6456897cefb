/** What a command tells the shell. */
export const EXIT_OK = 0;
/** An invariant is broken, or the command could not do its work. */
export const EXIT_FAILED = 1;
/** The command line, or what it is to work on, is not acceptable; nothing was changed. */
export const EXIT_BAD_INPUT = 2;

export type Command = {
  /** One line for the list of commands. */
  summary: string;
  help: string;
  /** Returns the exit code. Throws BadInput for a command line it cannot use. */
  run(args: string[]): Promise<number>;
};

/** A mistake on the command line. The message is one sentence: what is wrong, what to do. */
export class BadInput extends Error {
  override name = 'BadInput';
}
