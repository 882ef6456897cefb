import { utcText } from '@payguard/shared/database/multi-row';
import { Gauge, type Registry } from 'prom-client';
import type { Look, StateSubject } from './state-subject.ts';

/** Longer than PayguardClockOffsetAbsent looks back for answers, or it would tell of a poll that had nothing to ask. */
const OLD_AFTER_MS = 15 * 60_000;

/** As the poll has last seen it in WeChat Pay's answers. */
export function createClockState(registry: Registry): StateSubject {
  const offset = new Gauge({
    name: 'payguard_clock_offset_seconds',
    help: "Our clock minus WeChat Pay's, from the poll's last answers; beyond 300 s nothing is accepted any more",
    labelNames: ['mchid'],
    registers: [registry],
  });
  return {
    name: 'clock',
    async refresh(look) {
      const rows = await readOffsets(look);
      offset.reset();
      for (const { mchid, seconds } of rows) offset.set({ mchid }, seconds);
    },
  };
}

function readOffsets({ pool, now }: Look): Promise<{ mchid: string; seconds: number }[]> {
  return pool.query(
    `SELECT label AS mchid, value AS seconds FROM job_gauges
     WHERE name = 'clock_offset_seconds' AND observed_at >= ?`,
    [utcText(now - OLD_AFTER_MS)],
  );
}
