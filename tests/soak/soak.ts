/** What can be set from the command line; each soak takes what concerns it. */
export type SoakOptions = {
  seed: number;
  events: number;
  kills: number;
  rounds: number;
  orders: number;
  backlog: number;
  idle: number;
};

export type SoakResult = {
  /** For the record under docs/evidence. */
  figures: object;
  /** What was not as it has to be, in sentences; empty when all was well. */
  complaints: string[];
};

export type Soak = {
  /** As `--only` names it. */
  name: string;
  about: string;
  run(options: SoakOptions, say: (line: string) => void): Promise<SoakResult>;
};

/** The complaint when a figure is above its bar. */
export function above(what: string, figure: number, bar: number): string[] {
  return figure <= bar ? [] : [`${what} is ${figure}, at most ${bar} is allowed`];
}

/** The complaint when a figure is below its bar. */
export function below(what: string, figure: number, bar: number): string[] {
  return figure >= bar ? [] : [`${what} is ${figure}, at least ${bar} is wanted`];
}

/** The complaint about broken invariants. */
export function brokenInvariants(broken: readonly string[]): string[] {
  return broken.length === 0 ? [] : [`broken invariants: ${broken.join(', ')}`];
}
