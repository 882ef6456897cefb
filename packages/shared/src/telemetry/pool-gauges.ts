import type { Registry } from 'prom-client';
import { Gauge } from 'prom-client';

/** What a pool of the mariadb driver says of itself. */
export type PoolFigures = {
  activeConnections(): number;
  idleConnections(): number;
  taskQueueSize(): number;
};

/** Shows a process's database pool, as it is when it is looked at. */
export function observePool(registry: Registry, pool: PoolFigures): void {
  const registers = [registry];
  new Gauge({
    name: 'payguard_database_pool_connections',
    help: 'Connections of this process to the database, in use (active) and free (idle)',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'active' }, pool.activeConnections());
      this.set({ state: 'idle' }, pool.idleConnections());
    },
  });
  new Gauge({
    name: 'payguard_database_pool_waiting',
    help: 'Callers that wait for a free connection to the database',
    registers,
    collect() {
      this.set(pool.taskQueueSize());
    },
  });
}
