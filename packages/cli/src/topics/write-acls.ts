import type { Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import { BadInput } from '../command.ts';
import { aclsFor, isPart, PARTS, type Part } from './principal-permissions.ts';

export type Principals = Map<Part, string>;

/**
 * Reads `gateway=User:gw,points=User:p`. A principal may itself hold commas and equal signs (as a certificate's
 * subject does): a new entry begins only where a part's name does.
 */
export function parsePrincipals(text: string): Principals {
  const principals: Principals = new Map();
  for (const entry of text.split(new RegExp(`,(?=(?:${PARTS.join('|')})=)`))) {
    const [, part = '', principal = ''] = /^([^=]*)=(.*)$/.exec(entry) ?? [];
    if (!isPart(part)) {
      throw new BadInput(
        `--acl-principals has "${entry}": write part=User:name, with part one of ${PARTS.join(', ')}.`,
      );
    }
    if (!/^User:\S/.test(principal)) {
      throw new BadInput(`--acl-principals gives ${part} the principal "${principal}": write it as User:name.`);
    }
    if (principals.has(part)) throw new BadInput(`--acl-principals names ${part} twice: keep one.`);
    principals.set(part, principal);
  }
  return principals;
}

export type AclReport = { outcome: 'written'; entries: number } | { outcome: 'no_authorizer' };

/** Adds each part's permissions; those already there stay as they are, none is removed. */
export async function writeAcls(kafka: Kafka, principals: Principals): Promise<AclReport> {
  const acl = [...principals].flatMap(([part, principal]) => aclsFor(part, principal));
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createAcls({ acl });
    return { outcome: 'written', entries: acl.length };
  } catch (error) {
    if (error instanceof kafkajs.KafkaJSProtocolError && error.type === 'SECURITY_DISABLED')
      return { outcome: 'no_authorizer' };
    throw error;
  } finally {
    await admin.disconnect();
  }
}
