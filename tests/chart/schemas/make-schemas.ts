// Writes the JSON schemas by which kubeconform judges the chart: of the kinds that it uses and no others, strict on
// unknown fields, without the words. They are committed, so that a test needs neither a cluster nor the network.
//
//   node make-schemas.ts <Kubernetes' api/openapi-spec/swagger.json> <CRD.yaml> …
//
// Made of Kubernetes 1.34.4; prometheus-operator 0.85.0 (example/prometheus-operator-crd: podmonitors, prometheusrules);
// KEDA 2.21.0 (config/crd/bases: scaledobjects, triggerauthentications). `go mod download -json <module>@<version>` brings
// each of these files. What CRDs say in CEL (x-kubernetes-validations) is lost: only an API server can tell.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const DEFINITIONS = 'definitions.json';
const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const KINDS = new Map([
  ['', { version: 'v1', kinds: ['ConfigMap', 'Pod', 'Secret', 'Service', 'ServiceAccount'] }],
  ['apps', { version: 'v1', kinds: ['Deployment', 'StatefulSet'] }],
  ['autoscaling', { version: 'v2', kinds: ['HorizontalPodAutoscaler'] }],
  ['batch', { version: 'v1', kinds: ['CronJob', 'Job'] }],
  ['networking.k8s.io', { version: 'v1', kinds: ['Ingress', 'NetworkPolicy'] }],
  ['policy', { version: 'v1', kinds: ['PodDisruptionBudget'] }],
  ['rbac.authorization.k8s.io', { version: 'v1', kinds: ['Role', 'RoleBinding'] }],
]);
/** What a validator can check; everything else is for readers and for the API server. */
const KEPT = [
  'type',
  'enum',
  'pattern',
  'required',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
];

const schemaSchema = z.record(z.string(), z.unknown());
type Schema = z.output<typeof schemaSchema>;

const kindSchema = z.object({ group: z.string(), version: z.string(), kind: z.string() });
const swaggerSchema = z.object({ definitions: z.record(z.string(), schemaSchema) });
const crdSchema = z.object({
  spec: z.object({
    group: z.string(),
    names: z.object({ kind: z.string() }),
    versions: z.array(z.object({ name: z.string(), schema: z.object({ openAPIV3Schema: schemaSchema }) })),
  }),
});

const [swaggerFile, ...crdFiles] = process.argv.slice(2);
if (swaggerFile === undefined) throw new Error('Name swagger.json of Kubernetes, then the CRDs.');
writeKubernetes(swaggerFile);
for (const file of crdFiles) writeCustomKind(file);

function writeKubernetes(file: string): void {
  const { definitions } = swaggerSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const used = new Map<string, Schema>();
  const use = (name: string): void => {
    const definition = definitions[name];
    if (definition === undefined) throw new Error(`${file} has no ${name}.`);
    if (used.has(name)) return;
    // As Kubernetes reads it, a number of CPUs or bytes needs no quotation marks.
    const schema = name === QUANTITY ? { type: ['string', 'number'] } : strict(definition);
    used.set(name, schema);
    for (const [, next] of JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g)) use(next ?? '');
  };
  for (const [name, definition] of Object.entries(definitions)) {
    const [is] = z.array(kindSchema).catch([]).parse(definition['x-kubernetes-group-version-kind']);
    if (is === undefined || !isUsed(is)) continue;
    use(name);
    writeSchema(is.kind, is.group, is.version, { $ref: `${DEFINITIONS}#/definitions/${name}` });
  }
  write(DEFINITIONS, { definitions: Object.fromEntries([...used].toSorted(([a], [b]) => (a < b ? -1 : 1))) });
}

function isUsed({ group, version, kind }: z.output<typeof kindSchema>): boolean {
  const ours = KINDS.get(group);
  return ours?.version === version && ours.kinds.includes(kind);
}

function writeCustomKind(file: string): void {
  const { group, names, versions } = crdSchema.parse(parse(readFileSync(file, 'utf8'))).spec;
  for (const { name, schema } of versions) {
    const { properties, ...rest } = strict(schema.openAPIV3Schema);
    const metadata = { $ref: `${DEFINITIONS}#/definitions/${OBJECT_META}` };
    writeSchema(names.kind, group, name, { ...rest, properties: { ...schemaSchema.parse(properties), metadata } });
  }
}

/** The schema without words, and refusing what it does not name. */
function strict(schema: Schema): Schema {
  if (schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true) {
    return { type: ['string', 'integer'] };
  }
  const result: Schema = Object.fromEntries(Object.entries(schema).filter(([key]) => KEPT.includes(key)));
  if (typeof schema.$ref === 'string') result.$ref = schema.$ref;
  if (schema.nullable === true) result.type = [schema.type, 'null'];
  const properties = schemaSchema.safeParse(schema.properties).data;
  if (properties !== undefined) {
    result.properties = Object.fromEntries(Object.entries(properties).map(([name, of]) => [name, strictOf(of)]));
    if (schema['x-kubernetes-preserve-unknown-fields'] !== true) result.additionalProperties = false;
  }
  if (schema.items !== undefined) result.items = strictOf(schema.items);
  if (schema.additionalProperties !== undefined) result.additionalProperties = strictOf(schema.additionalProperties);
  return result;
}

function strictOf(schema: unknown): unknown {
  return typeof schema === 'boolean' ? schema : strict(schemaSchema.parse(schema));
}

/** Named as kubeconform's template {{.ResourceKind}}{{.KindSuffix}} asks for it. */
function writeSchema(kind: string, group: string, version: string, schema: Schema): void {
  write(`${[kind, group.split('.')[0], version].filter(Boolean).join('-').toLowerCase()}.json`, schema);
}

function write(name: string, schema: Schema): void {
  writeFileSync(join(import.meta.dirname, name), `${JSON.stringify(schema, undefined, 2)}\n`);
}
