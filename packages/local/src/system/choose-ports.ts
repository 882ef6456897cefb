import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { findFreePort, isFree } from '../servers/find-free-port.ts';

const PARTS = [
  'kafka',
  'mariadb',
  'gateway',
  'gatewayMetrics',
  'pointsMetrics',
  'checkout',
  'checkoutMetrics',
  'alerter',
  'alerterMetrics',
  'simulator',
  'receivers',
  'receiversSmtp',
  'receiversSmtpTls',
  'prometheus',
  'alertmanager',
] as const;
type Part = (typeof PARTS)[number];

const wantedSchema = z.partialRecord(z.enum(PARTS), z.int().min(1).max(65_535));
type WantedPorts = z.output<typeof wantedSchema>;

export type Ports = Readonly<Record<Part, number>>;

/** What the chart uses too; taken only when nothing else listens there. */
const USUAL: WantedPorts = { gateway: 8080, checkout: 8081 };

/**
 * A port for each part: the one of the last start on this state directory where it is free, else any free one. With
 * `preferUsual`, 8080 and 8081 come first: two systems that start at the same moment would both find them free.
 */
export async function choosePorts(stateDir: string, options: { preferUsual: boolean }): Promise<Ports> {
  const file = join(stateDir, 'ports.json');
  const wanted = { ...(options.preferUsual ? USUAL : {}), ...readPorts(file) };
  const chosen: number[] = [];
  const choose = async (part: Part): Promise<number> => {
    const last = wanted[part];
    const keep = last !== undefined && !chosen.includes(last) && (await isFree(last));
    const port = keep ? last : await findFreePort([...chosen, ...Object.values(wanted)]);
    chosen.push(port);
    return port;
  };
  const ports: Ports = {
    kafka: await choose('kafka'),
    mariadb: await choose('mariadb'),
    gateway: await choose('gateway'),
    gatewayMetrics: await choose('gatewayMetrics'),
    pointsMetrics: await choose('pointsMetrics'),
    checkout: await choose('checkout'),
    checkoutMetrics: await choose('checkoutMetrics'),
    alerter: await choose('alerter'),
    alerterMetrics: await choose('alerterMetrics'),
    simulator: await choose('simulator'),
    receivers: await choose('receivers'),
    receiversSmtp: await choose('receiversSmtp'),
    receiversSmtpTls: await choose('receiversSmtpTls'),
    prometheus: await choose('prometheus'),
    alertmanager: await choose('alertmanager'),
  };
  writeFileSync(file, `${JSON.stringify(ports, null, 2)}\n`);
  return ports;
}

function readPorts(file: string): WantedPorts {
  try {
    return wantedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
