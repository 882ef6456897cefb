import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaProperties } from '@payguard/local/servers/kafka-server';
import { expect, it } from 'vitest';
import { brokerProperties, IMAGE_PLACE, javaArgumentsFile } from '../../scripts/images/kafka-settings.ts';

it('the broker of a cluster listens for pods, keeps its controller to itself and its log in the volume', () => {
  const properties = brokerProperties(IMAGE_PLACE).split('\n');
  expect(properties).toContain('listeners=PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093');
  expect(properties).toContain('controller.quorum.voters=1@127.0.0.1:9093');
  expect(properties).toContain('log.dirs=/var/lib/kafka/data');
  expect(properties.filter((line) => line.startsWith('advertised.listeners'))).toEqual([]);
});

it('else it is the broker of one machine: it comes back from kill -9 as quickly', () => {
  const own = /^(listeners|advertised.listeners|log.dirs)=/;
  const others = (text: string) => text.split('\n').filter((line) => !own.test(line));
  expect(others(brokerProperties(IMAGE_PLACE))).toEqual(others(kafkaProperties(9092, 9093)));
});

it("its JVM finds the jars from the image's own folder, and the quotes in its arguments stay", () => {
  const jars = mkdtempSync(join(tmpdir(), 'payguard-jars-'));
  try {
    for (const name of ['kafka.jar', 'a.jar', 'NOTICE']) writeFileSync(join(jars, name), '');
    const file = javaArgumentsFile(jars, '/opt/kafka/classes.jsa');
    expect(file).toContain('"-cp"\n"libs/a.jar:libs/kafka.jar"\n');
    expect(file).toContain(`'T'HH:mm`);
    expect(file).not.toContain(jars);
  } finally {
    rmSync(jars, { recursive: true });
  }
});
