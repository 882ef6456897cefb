import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { CHART } from './render-chart.ts';

/** The keywords that say which keys an object may have. */
type Schema = {
  $ref?: string | undefined;
  type?: string | string[] | undefined;
  properties?: Record<string, Schema> | undefined;
  required?: string[] | undefined;
  additionalProperties?: boolean | Schema | undefined;
  items?: Schema | undefined;
};
const schemaSchema: z.ZodType<Schema> = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  properties: z.lazy(() => z.record(z.string(), schemaSchema)).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.lazy(() => z.union([z.boolean(), schemaSchema])).optional(),
  items: z.lazy(() => schemaSchema).optional(),
});
const fileSchema = z.looseObject({ definitions: z.record(z.string(), schemaSchema) }).and(schemaSchema);

const file = fileSchema.parse(JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')));
const valuesText = readFileSync(join(CHART, 'values.yaml'), 'utf8');
const values: unknown = parse(valuesText, { version: '1.1' });

/** Helm's own, for charts within charts. */
const HELMS_OWN = ['global'];
/** Checked elsewhere: by the alerter's own schema, and by the charts around this one. */
const FREE = ['/alerter/config', '/global'];

it('every key of values.yaml is known to values.schema.json, and each that it knows is there', () => {
  const { missing, unknown } = compare(file, values, '');
  expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
  expect(compare(file, { points: { surprise: 1 } }, '').unknown).toEqual(['/points/surprise']);
  expect(compare(file, { points: {} }, '').missing).toContain('/points/replicas');
});

it('the merchant that values.yaml shows in its comment has each field that a merchant may have', () => {
  const [, comment = ''] = /\nmerchants: \[\]\n((?:#.*\n)+)/.exec(valuesText) ?? [];
  const example = z.array(z.record(z.string(), z.unknown())).parse(parse(comment.replaceAll(/^# ?/gm, '')));
  const merchant = resolved(file.properties?.merchants?.items);
  expect(Object.keys(example[0] ?? {}).sort()).toEqual(Object.keys(merchant.properties ?? {}).sort());
});

it('no object takes keys that nobody knows', () => {
  const open = objects(file, '').filter(([, schema]) => schema.additionalProperties === undefined);
  expect(open.map(([path]) => path).sort()).toEqual(FREE);
  const inDefinitions = Object.entries(file.definitions).flatMap(([name, schema]) => objects(schema, name));
  expect(inDefinitions.filter(([, schema]) => schema.additionalProperties === undefined)).toEqual([]);
  expect(JSON.stringify(file)).not.toContain('"additionalProperties":true');
});

function resolved(schema: Schema | undefined): Schema {
  if (schema?.$ref === undefined) return schema ?? {};
  return resolved(file.definitions[schema.$ref.replace('#/definitions/', '')]);
}

/** Shapes of Kubernetes, where no key is required, need not be written out in values.yaml. */
function compare(unresolved: Schema, value: unknown, path: string): { missing: string[]; unknown: string[] } {
  const schema = resolved(unresolved);
  const parsed = z.record(z.string(), z.unknown()).safeParse(value);
  if (!parsed.success || schema.properties === undefined) return { missing: [], unknown: [] };
  const properties = schema.properties;
  const there = Object.keys(parsed.data);
  const wanted = schema.required?.length === 0 ? [] : Object.keys(properties);
  const below = there.map((key) => compare(properties[key] ?? {}, parsed.data[key], `${path}/${key}`));
  return {
    missing: [
      ...wanted.filter((key) => !there.includes(key) && !HELMS_OWN.includes(key)).map((key) => `${path}/${key}`),
      ...below.flatMap(({ missing }) => missing),
    ],
    unknown: [
      ...there.filter((key) => properties[key] === undefined).map((key) => `${path}/${key}`),
      ...below.flatMap(({ unknown }) => unknown),
    ],
  };
}

/** Each object that the schema describes in place, with its path. */
function objects(schema: Schema, path: string): [path: string, schema: Schema][] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => objects(inner, `${path}/${key}`));
  const items = schema.items === undefined ? [] : objects(schema.items, `${path}/0`);
  return [...(schema.type === 'object' ? [[path, schema] as [string, Schema]] : []), ...below, ...items];
}
