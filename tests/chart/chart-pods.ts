import { z } from 'zod';
import type { ChartObject } from './render-chart.ts';

/** What the tests look at of a pod; everything else of it is there too. */
const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).default([]),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional(),
      }),
    )
    .default([]),
  volumeMounts: z
    .array(z.looseObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().default(false) }))
    .default([]),
  securityContext: z.unknown(),
  resources: z.looseObject({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
});

const volumeSchema = z.looseObject({
  name: z.string(),
  secret: z.looseObject({ secretName: z.string() }).optional(),
  configMap: z.looseObject({ name: z.string() }).optional(),
});

const podSchema = z.looseObject({
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.boolean(),
  restartPolicy: z.string().default('Always'),
  terminationGracePeriodSeconds: z.int().default(30),
  securityContext: z.unknown(),
  initContainers: z.array(containerSchema).default([]),
  containers: z.array(containerSchema),
  volumes: z.array(volumeSchema).default([]),
});

const templateSchema = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: podSchema,
});

const owner = { template: z.object({ spec: z.looseObject({ template: templateSchema }) }) };
const cronJobSchema = z.object({ spec: z.looseObject({ jobTemplate: owner.template }) });

export type Container = z.output<typeof containerSchema>;
export type ChartPod = {
  /** `Deployment payguard-points`, for messages. */
  of: string;
  kind: string;
  component: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  spec: z.output<typeof podSchema>;
  /** Those that run first, and those that stay. */
  containers: Container[];
};

/** Every pod that the objects would make, whoever makes it. */
export function podsOf(objects: readonly ChartObject[]): ChartPod[] {
  return objects.flatMap((object) => {
    const template = templateOf(object);
    if (template === undefined) return [];
    const { metadata, spec } = template;
    return {
      of: `${object.kind} ${object.metadata.name}`,
      kind: object.kind,
      component: metadata.labels['app.kubernetes.io/component'] ?? '',
      labels: metadata.labels,
      annotations: metadata.annotations,
      spec,
      containers: [...spec.initContainers, ...spec.containers],
    };
  });
}

/** The one pod of that component which is no test. Throws when there is none. */
export function podOf(objects: readonly ChartObject[], component: string): ChartPod {
  const pod = podsOf(objects).find((candidate) => candidate.component === component);
  if (pod === undefined) throw new Error(`no pod has the component ${component}`);
  return pod;
}

/** Secrets that a pod mounts or takes variables from: `name` for a whole one, `name/key` for a key of it. */
export function secretsOf({ spec, containers }: ChartPod): string[] {
  const mounted = spec.volumes.flatMap(({ secret }) => (secret === undefined ? [] : secret.secretName));
  const named = containers.flatMap(({ env }) =>
    env.flatMap(({ valueFrom }) =>
      valueFrom === undefined ? [] : `${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`,
    ),
  );
  return [...new Set([...mounted, ...named])].sort();
}

function templateOf(object: ChartObject): z.output<typeof templateSchema> | undefined {
  switch (object.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'Job':
      return owner.template.parse(object).spec.template;
    case 'CronJob':
      return cronJobSchema.parse(object).spec.jobTemplate.spec.template;
    case 'Pod':
      return templateSchema.parse(object);
    default:
      return undefined;
  }
}
