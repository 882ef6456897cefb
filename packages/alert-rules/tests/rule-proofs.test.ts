import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderRules } from '../src/render-rules.ts';
import { isAlert, parseRuleGroups } from '../src/rule-groups.ts';
import { PROOFS_FOLDER, type Proof, type ProofKind, proofFiles, readProofs } from './rule-proofs.ts';
import { isInstalled, runTool } from './run-tool.ts';

const groups = parseRuleGroups(renderRules());
const alerts = [...new Set(groups.flatMap(({ rules }) => rules.filter(isAlert).map(({ alert }) => alert)))];
const proofs = readProofs();

/** It fires always; that it is silent is for the alerter and the dead man's switch to notice. */
const ALWAYS_FIRES = 'Watchdog';
/** These are what absent data fires. */
const isAbsentAlert = (alert: string): boolean => alert.endsWith('Absent');

describe.skipIf(!isInstalled('promtool'))('Prometheus', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'alert-rules-'));
    writeFileSync(join(folder, 'rules.yaml'), renderRules());
    // A proof loads only the groups it is about, and without annotations: promtool would want each repeated in each.
    for (const { name, rules } of groups) {
      const bare = rules.map((rule) => (isAlert(rule) ? { ...rule, annotations: undefined } : rule));
      writeFileSync(join(folder, `${name}.yaml`), stringify({ groups: [{ name, rules: bare }] }));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('accepts the rules', async () => {
    expect(await runTool('promtool', ['check', 'rules', 'rules.yaml'], folder)).toContain('SUCCESS');
  });

  it.concurrent.each(proofFiles())('finds %s proved with the real windows', async (file) => {
    writeFileSync(join(folder, file), readFileSync(join(PROOFS_FOLDER, file)));
    expect(await runTool('promtool', ['test', 'rules', file], folder)).toContain('SUCCESS');
  });

  it('fills the texts in', async () => {
    writeFileSync(join(folder, 'texts.yaml'), readFileSync(join(import.meta.dirname, 'texts.yaml')));
    expect(await runTool('promtool', ['test', 'rules', 'texts.yaml'], folder)).toContain('SUCCESS');
  });
});

const proofsOf = (alert: string, kind: ProofKind): Proof[] =>
  proofs.filter((proof) => proof.kind === kind && proof.alerts.includes(alert));

/** Whether the alert fires, each time that the proof looks. */
const looksAt = (proof: Proof, alert: string): boolean[] =>
  proof.looks.filter((look) => look.alert === alert).map((look) => look.isFiring);

describe('the proofs', () => {
  it.each(alerts)('show that %s fires', (alert) => {
    expect(proofsOf(alert, 'fires').some((proof) => looksAt(proof, alert).includes(true))).toBe(true);
  });

  it.each(alerts.filter((alert) => alert !== ALWAYS_FIRES))(
    'show that %s is silent when all is well, and on what heals itself',
    (alert) => {
      for (const kind of ['quiet', 'heals'] as const) {
        expect(proofsOf(alert, kind), kind).not.toEqual([]);
        for (const proof of proofsOf(alert, kind))
          expect(new Set(looksAt(proof, alert)), proof.name).toEqual(new Set([false]));
      }
    },
  );

  const needData = alerts.filter((alert) => alert !== ALWAYS_FIRES && !isAbsentAlert(alert));
  it.each(needData)('show that an …Absent alert takes the place of %s when its data is gone', (alert) => {
    expect(proofsOf(alert, 'absent')).not.toEqual([]);
    for (const proof of proofsOf(alert, 'absent')) {
      expect(
        proof.looks.some((look) => isAbsentAlert(look.alert) && look.isFiring),
        proof.name,
      ).toBe(true);
      expect(looksAt(proof, alert).at(-1), proof.name).toBe(false);
    }
  });

  it('name no alert that does not exist', () => {
    const named = proofs.flatMap((proof) => [...proof.alerts, ...proof.looks.map((look) => look.alert)]);
    expect(named.filter((name) => !alerts.includes(name))).toEqual([]);
  });
});
