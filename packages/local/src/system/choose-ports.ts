import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { findFreePort, isFree } from '../servers/find-free-port.ts';

const portSchema = z.int().min(1).max(65_535);
const portsSchema = z.object({
  kafka: portSchema,
  mariadb: portSchema,
  gateway: portSchema,
  gatewayMetrics: portSchema,
  pointsMetrics: portSchema,
  checkout: portSchema,
  checkoutMetrics: portSchema,
  simulator: portSchema,
});

export type Ports = z.output<typeof portsSchema>;

type WantedPorts = z.output<ReturnType<typeof portsSchema.partial>>;

/** What the chart uses too; taken only when nothing else listens there. */
const PREFERRED: WantedPorts = { gateway: 8080, checkout: 8081 };

/** A port for each part: the one of the last start on this state directory where it is free, else any free one. */
export async function choosePorts(stateDir: string): Promise<Ports> {
  const file = join(stateDir, 'ports.json');
  const wanted = { ...PREFERRED, ...readPorts(file) };
  const chosen: number[] = [];
  const choose = async (part: keyof Ports): Promise<number> => {
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
    simulator: await choose('simulator'),
  };
  writeFileSync(file, `${JSON.stringify(ports, null, 2)}\n`);
  return ports;
}

function readPorts(file: string): WantedPorts {
  try {
    return portsSchema.partial().parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
