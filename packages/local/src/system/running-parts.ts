import type { Timetable } from '../jobs/run-timetable.ts';
import type { RunningServers } from '../servers/start-servers.ts';
import type { SupervisedService } from '../supervise/supervise-service.ts';

/** What a start has begun so far, each noted before it is ready: a start that fails stops it all the same. */
export type RunningParts = {
  servers: Promise<RunningServers> | undefined;
  /** In the order in which they stop. */
  services: SupervisedService[];
  /** What stands in for the world outside, which services still speak to while they stop. */
  outside: SupervisedService[];
  timetable: Timetable | undefined;
};

/** Stops the parts one after the other, those that need others first. */
export async function stopParts(parts: RunningParts, onStopped: (name: string) => void): Promise<void> {
  if (parts.timetable !== undefined) {
    await parts.timetable.stop();
    onStopped('jobs');
  }
  for (const part of [...parts.services, ...parts.outside]) {
    await part.stop();
    onStopped(part.name);
  }
  // A start that failed or was cancelled has stopped its servers itself, and is waited for.
  const servers = await parts.servers?.catch(() => undefined);
  if (servers !== undefined) {
    await servers.stop();
    onStopped('Kafka and MariaDB');
  }
}
