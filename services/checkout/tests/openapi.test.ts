import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckoutWorld, openCheckoutWorld } from './checkout-world.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
let world: CheckoutWorld;
const routes: string[] = [];

beforeAll(async () => {
  const note = ({ method, url }: RouteOptions) => {
    if (!url.startsWith('/v1/')) return;
    const methods = [method].flat().filter((name) => METHODS.includes(name));
    routes.push(...methods.map((name) => `${name} ${url.replaceAll(/:(\w+)/g, '{$1}')}`));
  };
  const onFastify = (message: unknown) => (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', note);
  subscribe('fastify.initialization', onFastify);
  world = await openCheckoutWorld();
  unsubscribe('fastify.initialization', onFastify);
});
afterAll(() => world?.stop());

const operations = () =>
  Object.entries(world.api.document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );

describe('the OpenAPI document of the order API', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(world.api.document.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate({ ...world.api.document })).toMatchObject({ valid: true });
  });

  it('has every route that is registered, and no other', () => {
    expect(
      operations()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...new Set(routes)].sort());
  });

  it('tells of each call what it does, what it answers, and how it refuses', () => {
    const lacking = operations().filter(
      ({ operation }) =>
        !('summary' in operation) || !('application/problem+json' in (operation.responses.default?.content ?? {})),
    );
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });
});
