import type { ServerImage, ServerImageOptions } from './server-image.ts';

/** An image of a server that payguard needs, for development clusters: production has its own. */
export type ServerImageDescription = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** SPDX. */
  readonly licenses: string;
  build(options: ServerImageOptions): Promise<ServerImage>;
};

/** By name. What builds them is loaded when it is asked for: it needs Java, and fetches packages. */
export function serverImages(): ReadonlyMap<string, ServerImageDescription> {
  const images: ServerImageDescription[] = [
    {
      name: 'kafka',
      title: 'payguard kafka',
      description: 'Apache Kafka, one node, for development clusters.',
      licenses: 'Apache-2.0',
      build: async (options) => (await import('./kafka-image.ts')).kafkaImage(options),
    },
    {
      name: 'mariadb',
      title: 'payguard mariadb',
      description: 'MariaDB, one node, for development clusters.',
      licenses: 'GPL-2.0-only',
      build: async (options) => (await import('./mariadb-image.ts')).mariadbImage(options),
    },
  ];
  return new Map(images.map((image) => [image.name, image]));
}
