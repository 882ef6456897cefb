import { runDocumented } from './documented-commands.ts';
import type { PhaseWorld } from './phase.ts';
import type { Ended } from './run-program.ts';

/** The longest block is an upgrade, which itself gives up after ten minutes. */
const BLOCK_TIMEOUT_MS = 11 * 60_000;
const SAID_CHARACTERS = 1_500;

export type RanBlock = { block: string; seconds: number; saw: string };

export type BlockOptions = {
  /** Beside those that every block may name. */
  variables?: Readonly<Record<string, string>>;
  /** Ends well though its exit code is not 0. */
  mayEndWith?: number;
};

export type DocumentedWorld = PhaseWorld & {
  readonly ran: readonly RanBlock[];
  /** Where the page keeps what is not the repository's: dumps, files of the database client. */
  readonly keep: string;
  /**
   * Runs a block of docs/operations.md as it is printed, then looks for what it has to bring about. `look` answers what was
   * seen. Throws a sentence when the block fails, or what it promises is not there.
   */
  block(name: string, look: (ended: Ended) => Promise<string> | string, options?: BlockOptions): Promise<void>;
};

/** `folder` is for this run alone. */
export function openDocumented(world: PhaseWorld, keep: string): DocumentedWorld {
  const ran: RanBlock[] = [];
  const { release, say } = world;
  const { namespace, chart, values, cluster } = release;
  const always = { NAMESPACE: namespace, CHART: chart, VALUES: values, KEEP: keep, OPERATOR: 'admin' };
  return {
    ...world,
    ran,
    keep,
    async block(name, look, { variables = {}, mayEndWith = 0 } = {}) {
      const startedAt = performance.now();
      const ended = await runDocumented(
        name,
        { ...always, ...variables },
        { env: cluster.env, timeoutMs: BLOCK_TIMEOUT_MS },
      );
      if (ended.code !== 0 && ended.code !== mayEndWith) {
        const said = `${ended.stderr}\n${ended.stdout}`.trim().slice(-SAID_CHARACTERS);
        throw new Error(`the block ${name} ended with ${ended.code}: ${said}`);
      }
      const saw = await look(ended);
      const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
      ran.push({ block: name, seconds, saw });
      say(`documented: ${name}: ${saw} (${seconds} s)`);
    },
  };
}

/** Throws the sentence unless it holds. */
export function must(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(sentence);
}
