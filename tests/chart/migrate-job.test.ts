import { parsePrincipals } from '@payguard/cli/topics/write-acls';
import { describe, expect, it } from 'vitest';
import { podOf } from './chart-pods.ts';
import { type ChartObject, helmMissing, renderChart, VALUES_FILES } from './render-chart.ts';

describe.skipIf(helmMissing !== undefined)('the migrate Job', () => {
  it.each(VALUES_FILES)('of %s prepares schema, users and topics, each step in its turn', async (values) => {
    const { containers } = podOf(await renderChart({ values }), 'migrate');
    expect(containers.map(({ args: [command] }) => command)).toEqual(['migrate', 'grants', 'topics']);
    const principals = containers[2]?.args[containers[2].args.indexOf('--acl-principals') + 1];
    if (values === 'values-dev.yaml') expect(containers[2]?.args).not.toContain('--acl-principals');
    else expect(Object.fromEntries(parsePrincipals(principals ?? ''))).toHaveProperty('gateway');
  });

  it('has an hour, tries again what may come right, and ends at once where it is refused', async () => {
    const objects = await renderChart({ values: 'values-prod.yaml' });
    expect(migrateJob(objects).spec).toMatchObject({
      activeDeadlineSeconds: 3600,
      backoffLimit: 6,
      ttlSecondsAfterFinished: 3600,
      podFailurePolicy: {
        rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [2] }, onPodConditions: [] }],
      },
    });
    // A failed pod stays, with its words; the policy asks for it too.
    expect(podOf(objects, 'migrate').spec.restartPolicy).toBe('Never');
  });

  it('has another name when it does something else, and the same when it does the same', async () => {
    const nameOf = async (set: Record<string, unknown>, release = 'payguard') =>
      migrateJob(await renderChart({ values: 'values-dev.yaml', set, release })).metadata.name;
    const name = await nameOf({});
    expect(name).toMatch(/^payguard-migrate-1-[0-9a-f]{8}$/);
    // The passwords of the embedded database are drawn anew each time.
    expect(await nameOf({ 'points.replicas': 2, 'alerts.windows.absentFor': '6m' })).toBe(name);
    const others = [
      await nameOf({ 'image.tag': '0.2.0' }),
      await nameOf({ 'image.digests.cli': `sha256:${'0'.repeat(64)}` }),
      await nameOf({ 'database.users.points': 'payguard_points_2' }),
      await nameOf({ 'migrate.legacy.amountColumn': 'amount' }),
      await nameOf({ 'scheduling.priorityClassName': 'payments' }),
    ];
    expect(new Set([name, ...others]).size).toBe(others.length + 1);
    expect((await nameOf({}, 'r'.repeat(53))).length).toBeLessThanOrEqual(63);
  });
});

function migrateJob(objects: readonly ChartObject[]): ChartObject {
  const jobs = objects.filter(({ kind }) => kind === 'Job');
  if (jobs[0] === undefined || jobs.length > 1) throw new Error(`${jobs.length} Jobs`);
  return jobs[0];
}
