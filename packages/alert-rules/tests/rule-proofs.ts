import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

export const PROOFS_FOLDER = join(import.meta.dirname, 'rules');

export const PROOF_KINDS = ['fires', 'quiet', 'heals', 'absent'] as const;
export type ProofKind = (typeof PROOF_KINDS)[number];

const fileSchema = z.object({
  rule_files: z.array(z.string()),
  tests: z.array(
    z.object({
      name: z.string(),
      alert_rule_test: z.array(
        z.object({ eval_time: z.string(), alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) }),
      ),
    }),
  ),
});

/** One test of promtool's: what it claims by its name, and what it looks at. */
export type Proof = {
  file: string;
  name: string;
  alerts: string[];
  kind: ProofKind;
  looks: { alert: string; isFiring: boolean }[];
};

export function proofFiles(): string[] {
  return readdirSync(PROOFS_FOLDER).filter((name) => name.endsWith('.test.yaml'));
}

export function readProofs(): Proof[] {
  return proofFiles().flatMap((file) => {
    const { tests } = fileSchema.parse(parseYaml(readFileSync(join(PROOFS_FOLDER, file), 'utf8')));
    return tests.map((test) => ({
      file,
      name: test.name,
      ...readClaim(test.name),
      looks: test.alert_rule_test.map((look) => ({ alert: look.alertname, isFiring: look.exp_alerts.length > 0 })),
    }));
  });
}

/** `PayguardOne, PayguardTwo heals: what it is about` */
function readClaim(name: string): { alerts: string[]; kind: ProofKind } {
  const [, alerts, kind] = /^((?:\w+(?:, | ))+)(\w+): \S/.exec(name) ?? [];
  const known = PROOF_KINDS.find((each) => each === kind);
  if (alerts === undefined || known === undefined) {
    throw new Error(`"${name}" must begin with its alerts and one of ${PROOF_KINDS.join(', ')}, followed by a colon.`);
  }
  return { alerts: alerts.trim().split(', '), kind: known };
}
