import { findDevelopmentPrograms, findPrograms, type Programs } from '../bundle/programs.ts';

/** An image of payguard's own programs. */
export type ProgramImage = {
  /** Last part of the image's name. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** SPDX; of payguard itself, not of what is bundled with it. */
  readonly licenses: string;
  /** By name of the bundle, `/app/<name>.mjs` in the image: its source. */
  readonly programs: Programs;
  /** The one of them that a container runs. */
  readonly entrypoint: string;
  readonly ports: readonly string[];
};

type Row = {
  readonly name: string;
  readonly description: string;
  readonly ports?: readonly string[];
  /** The one that a container runs first. Unset: the one of the image's name. */
  readonly programs?: readonly [string, ...string[]];
};

const OPERATIONS = '9090/tcp';

/** deploy/images/Dockerfile has the same, one target each. */
const ROWS: readonly Row[] = [
  {
    name: 'callback-gateway',
    description: 'Takes the callbacks of WeChat Pay: verifies, publishes, acknowledges.',
    ports: ['8080/tcp', OPERATIONS],
  },
  { name: 'points', description: 'Credits every paid order exactly once.', ports: [OPERATIONS] },
  {
    name: 'alerter',
    description: 'Tells people and the shop what went wrong with a payment.',
    ports: ['8080/tcp', OPERATIONS],
  },
  {
    name: 'checkout',
    description: "The shop's order API: prepares, follows and refunds payments.",
    ports: ['8081/tcp', OPERATIONS],
  },
  { name: 'reconciler', description: 'Jobs that ask WeChat Pay about every order that is not final.' },
  {
    name: 'cli',
    description: 'The command line tool: schema, users, topics, repairs, checks.',
    programs: ['payguard'],
  },
  {
    name: 'simulator',
    description: 'WeChat Pay for development clusters, with faults.',
    ports: ['8900/tcp'],
    programs: ['simulator', 'smoke'],
  },
  {
    name: 'receivers',
    description: 'Mail server, chat robots and webhooks for development clusters.',
    ports: ['8025/tcp', '1025/tcp', '1465/tcp'],
  },
];

/** Every image of our own programs, by name. */
export function programImages(): ReadonlyMap<string, ProgramImage> {
  const sources = new Map([...findPrograms(), ...findDevelopmentPrograms()]);
  return new Map(ROWS.map((row) => [row.name, programImage(row, sources)]));
}

function programImage({ name, description, ports = [], programs = [name] }: Row, sources: Programs): ProgramImage {
  const chosen = programs.map((program) => {
    const source = sources.get(program);
    if (source === undefined) throw new Error(`There is no program ${program} for the image ${name}.`);
    return [program, source] as const;
  });
  return {
    name,
    title: `payguard ${name}`,
    description,
    licenses: 'Apache-2.0',
    programs: new Map(chosen),
    entrypoint: programs[0],
    ports,
  };
}
