import { allTopics } from '@payguard/shared/events/topics';
import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { BadInput } from '../src/command.ts';
import { aclsFor, PARTS, type Part } from '../src/topics/principal-permissions.ts';
import { parsePrincipals } from '../src/topics/write-acls.ts';

const { AclOperationTypes, AclResourceTypes } = kafkajs;

function topicsWith(part: Part, operation: 'READ' | 'WRITE'): string[] {
  return aclsFor(part, `User:${part}`)
    .filter((acl) => acl.resourceType === AclResourceTypes.TOPIC && acl.operation === AclOperationTypes[operation])
    .map((acl) => acl.resourceName);
}

function writersOf(topic: string): Part[] {
  return PARTS.filter((part) => topicsWith(part, 'WRITE').includes(topic));
}

function readersOf(topic: string): Part[] {
  return PARTS.filter((part) => topicsWith(part, 'READ').includes(topic));
}

describe('the permissions of the parts', () => {
  it('let only the tools of a person, console and cli, write a decision', () => {
    expect(writersOf('payment.decision')).toEqual(['console', 'cli']);
  });

  it('let the public gateway write its three topics and read nothing, and join no group', () => {
    expect(topicsWith('gateway', 'WRITE')).toEqual(['payment.confirmed', 'payment.refunded', 'payment.callback-log']);
    expect(topicsWith('gateway', 'READ')).toEqual([]);
    expect(aclsFor('gateway', 'User:g').filter((acl) => acl.resourceType === AclResourceTypes.GROUP)).toEqual([]);
  });

  it('let points alone announce credits by itself, and the tools of a person again', () => {
    expect(writersOf('points.credited')).toEqual(['points', 'console', 'cli']);
  });

  it('let nobody but points read the order topics, and nobody but the console the callback log', () => {
    for (const topic of ['payment.confirmed', 'payment.refunded', 'payment.closed', 'payment.decision']) {
      expect(readersOf(topic)).toEqual(['points']);
    }
    expect(readersOf('payment.callback-log')).toEqual(['console']);
    expect(readersOf('payment.mismatch')).toEqual(['alerter']);
    expect(readersOf('points.credited')).toEqual(['alerter']);
  });

  it('let each consumer bury in the dead letter topics of what it reads, and the cli alone dig there', () => {
    for (const { name } of allTopics().filter((topic) => topic.name.endsWith('.dlq'))) {
      const original = name.slice(0, -'.dlq'.length);
      expect(writersOf(name)).toEqual(readersOf(original));
      expect(readersOf(name)).toEqual(['cli']);
    }
  });
});

describe('--acl-principals', () => {
  it('is read as parts with their principals, commas and equal signs within a principal included', () => {
    const principals = parsePrincipals('gateway=User:CN=gw,OU=pay,points=User:p');
    expect([...principals]).toEqual([
      ['gateway', 'User:CN=gw,OU=pay'],
      ['points', 'User:p'],
    ]);
  });

  it.each(['', 'gateway', 'gatway=User:x', 'gateway=x', 'gateway=User:', 'points=User:a,points=User:b'])(
    'is refused as %j',
    (text) => {
      expect(() => parsePrincipals(text)).toThrow(BadInput);
    },
  );
});
