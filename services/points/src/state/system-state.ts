import { Gauge, type Registry } from 'prom-client';
import { createAlertsState } from './alerts-state.ts';
import { createClockState } from './clock-state.ts';
import { createJobsState } from './jobs-state.ts';
import { createMismatchesState } from './mismatches-state.ts';
import { createOrdersState } from './orders-state.ts';
import { createProbeState } from './probe-state.ts';
import { createRefundsState } from './refunds-state.ts';
import type { Look } from './state-subject.ts';
import { createSuccessRates } from './success-rates.ts';

/** The state of the whole system as its database has it; every pod exports the same. */
export type SystemState = {
  /**
   * Reads one subject after the other, on one connection at a time: crediting has the others. One that fails keeps no
   * other from its turn; then the first error is thrown, and the time of the last reading stays.
   */
  refresh(look: Look): Promise<void>;
};

export function createSystemState(registry: Registry, options: { callbackWindowMs: number }): SystemState {
  const subjects = [
    createOrdersState(registry),
    createSuccessRates(registry, options),
    createRefundsState(registry),
    createMismatchesState(registry),
    createAlertsState(registry),
    createJobsState(registry),
    createClockState(registry),
    createProbeState(registry),
  ];
  const updated = new Gauge({
    name: 'payguard_state_updated_timestamp_seconds',
    help: 'When the state of the system was last read from the database, all of it',
    registers: [registry],
  });
  // prom-client shows 0 for it otherwise, and 1970 would be long ago.
  updated.remove();
  return {
    async refresh(look) {
      const errors: Error[] = [];
      for (const { name, refresh } of subjects) {
        await refresh(look).catch((err: unknown) => errors.push(new Error(`cannot read ${name}`, { cause: err })));
      }
      const [first] = errors;
      if (first !== undefined) throw first;
      updated.set(look.now / 1000);
    },
  };
}
