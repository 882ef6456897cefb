import { parseArgs } from 'node:util';
import {
  ensureTopics,
  PRODUCTION_SCALE,
  type TopicReport,
  type TopicScale,
} from '@payguard/shared/kafka/ensure-topics';
import { BadInput, type Command, EXIT_OK } from '../command.ts';
import { REACH_TIMEOUT_MS, withKafka } from '../open-kafka.ts';
import { PARTS } from '../topics/principal-permissions.ts';
import { type AclReport, parsePrincipals, writeAcls } from '../topics/write-acls.ts';
import { readWait } from '../wait-option.ts';

const HELP = `Usage: payguard topics [--brokers HOST:PORT,…] [options]

Makes every topic exist with its settings: creates, adds partitions, mends retention and replica settings. Removes
nothing. May be run twice, and by many at once.

  --brokers LIST            host:port,host:port (default: KAFKA_BROKERS; TLS and SASL from the KAFKA_ variables)
  --wait SECONDS            how long a broker may take to be reached (default: ${REACH_TIMEOUT_MS / 1_000})
  --partitions N            of each topic (default: ${PRODUCTION_SCALE.partitions})
  --replication-factor N    copies of each record (default: ${PRODUCTION_SCALE.replicationFactor}); a single broker needs 1
  --min-insync-replicas N   copies that must exist before a record counts (default: ${PRODUCTION_SCALE.minInSyncReplicas})
  --acl-principals LIST     also write ACLs, least privilege for each part: gateway=User:gw,points=User:p
                            (parts: ${PARTS.join(', ')})
  --json                    the outcome as JSON

Exit code: 0 done, 1 Kafka failed, 2 wrong options.`;

/** More than any cluster of payguard's needs; a typing mistake here cannot be taken back, partitions only grow. */
const MAX_PARTITIONS = 1_000;
const MAX_REPLICATION_FACTOR = 15;

export const topicsCommand: Command = {
  summary: 'make every Kafka topic exist with its settings',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: {
        brokers: { type: 'string' },
        wait: { type: 'string' },
        partitions: { type: 'string', default: String(PRODUCTION_SCALE.partitions) },
        'replication-factor': { type: 'string', default: String(PRODUCTION_SCALE.replicationFactor) },
        'min-insync-replicas': { type: 'string', default: String(PRODUCTION_SCALE.minInSyncReplicas) },
        'acl-principals': { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const scale = readScale(values);
    const principals = values['acl-principals'] === undefined ? null : parsePrincipals(values['acl-principals']);
    const outcome = await withKafka(
      values.brokers,
      async (kafka) => ({
        topics: await ensureTopics(kafka, scale),
        acls: principals === null ? null : await writeAcls(kafka, principals),
      }),
      { waitMs: readWait(values.wait, REACH_TIMEOUT_MS) },
    );
    console.log(values.json ? JSON.stringify(outcome, null, 2) : describe(outcome).join('\n'));
    return EXIT_OK;
  },
};

function readScale(values: Record<'partitions' | 'replication-factor' | 'min-insync-replicas', string>): TopicScale {
  const scale = {
    partitions: readNumber('partitions', values.partitions, MAX_PARTITIONS),
    replicationFactor: readNumber('replication-factor', values['replication-factor'], MAX_REPLICATION_FACTOR),
    minInSyncReplicas: readNumber('min-insync-replicas', values['min-insync-replicas'], MAX_REPLICATION_FACTOR),
  };
  if (scale.minInSyncReplicas > scale.replicationFactor) {
    throw new BadInput(
      `--min-insync-replicas ${scale.minInSyncReplicas} is more than --replication-factor ${scale.replicationFactor}: nothing could ever be written, give at most as many.`,
    );
  }
  return scale;
}

function readNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new BadInput(`--${name} ${text} cannot be used: give a whole number from 1 to ${max}.`);
}

function describe({ topics, acls }: { topics: TopicReport; acls: AclReport | null }): string[] {
  const { created, adjusted } = topics;
  return [
    ...(created.length === 0 ? [] : [`Created: ${created.join(', ')}.`]),
    ...(adjusted.length === 0 ? [] : [`Adjusted: ${adjusted.join(', ')}.`]),
    ...(created.length + adjusted.length === 0 ? ['All topics are as they should be.'] : []),
    ...(acls === null ? [] : [describeAcls(acls)]),
  ];
}

function describeAcls(report: AclReport): string {
  return report.outcome === 'written'
    ? `ACLs: ${report.entries} entries are in place.`
    : 'ACLs: this cluster has no authorizer, so everyone may do everything and there is nothing to write.';
}
