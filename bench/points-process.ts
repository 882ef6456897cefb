import { environment } from '@payguard/points/config';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { startTracing } from '@payguard/shared/telemetry/start-tracing';
import { creditsPerSecond } from './credits-per-second.ts';
import { openPointsHandler } from './points-handler.ts';

/** Points in a process of its own, traced or not as its environment says: told how many to credit, it says how fast it did. */
const settings = loadEnvironment(environment, process.env);
const log = createLogger('bench', 'silent');
await startTracing('points', settings, log);
const kafka = createKafka('bench', settings, log);
const pool = createDatabasePool({ url: settings.DATABASE_URL, connectionLimit: 4 });
const points = await openPointsHandler({ kafka, pool });

process.on('message', async (wanted: number) => {
  const before = process.cpuUsage();
  const perSecond = await creditsPerSecond({ kafka, pool }, { name: 'points', handle: points.handle }, wanted);
  const { user, system } = process.cpuUsage(before);
  process.send?.({ perSecond, perCpuSecond: wanted / ((user + system) / 1e6) });
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
