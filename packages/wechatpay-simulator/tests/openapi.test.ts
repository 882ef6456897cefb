import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { openScene, type Scene } from './simulated-merchant.ts';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const METHODS = ['get', 'post', 'put', 'delete'];
/** What serves the document itself is no part of it. */
const UNDOCUMENTED = ['GET /control/v1/openapi.json'];

async function documentOf(scene: Scene): Promise<Document> {
  const answer = await fetch(`${scene.simulator.controlUrl}/openapi.json`);
  return (await answer.json()) as Document;
}

/** `GET /control/v1/orders/{outTradeNo}` and so on, as the document has them. */
function operationsOf(document: Document): string[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** A scene, and every route of its control API as fastify registered it. */
async function openSceneWithRoutes(): Promise<{ scene: Scene; routes: string[] }> {
  const routes: string[] = [];
  const note = ({ method, url }: RouteOptions) => {
    const methods = [method].flat().filter((name) => METHODS.includes(name.toLowerCase()));
    if (!url.startsWith('/control/v1/')) return;
    routes.push(...methods.map((name) => `${name} ${url.replaceAll(/:(\w+)/g, '{$1}')}`));
  };
  const onFastify = (message: unknown) => (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', note);
  subscribe('fastify.initialization', onFastify);
  try {
    return { scene: await openScene(), routes };
  } finally {
    unsubscribe('fastify.initialization', onFastify);
  }
}

describe('the OpenAPI document of the control API', () => {
  it('is valid OpenAPI 3.1', async () => {
    await using scene = await openScene();
    const document = await documentOf(scene);
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate({ ...document })).toMatchObject({ valid: true });
  });

  it('has every route that is registered, and no other', async () => {
    const { scene, routes } = await openSceneWithRoutes();
    await using _ = scene;
    const documented = operationsOf(await documentOf(scene));
    expect(routes.filter((route) => !documented.includes(route) && !UNDOCUMENTED.includes(route))).toEqual([]);
    expect(documented.filter((operation) => !routes.includes(operation))).toEqual([]);
  });

  it('tells of each route what it does and what it answers', async () => {
    await using scene = await openScene();
    const { paths } = await documentOf(scene);
    const lacking = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { summary, tags, responses }]) => !summary || tags === undefined || !('default' in responses))
        .map(([method]) => `${method} ${path} has no schema with tags, summary and response; give it one where it is.`),
    );
    expect(lacking).toEqual([]);
  });

  it('describes the answers that the running simulator gives, each call once at least', async () => {
    await using scene = await openScene();
    const document = await documentOf(scene);
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(document, 'document');
    const called = new Set<string>();
    const wrong: unknown[] = [];
    for (const { operation, path, body, status } of callsOf(scene)) {
      const [method = '', template = ''] = operation.split(' ');
      const answer = await callWith(scene, method, path, body);
      called.add(`${method} /control/v1${template}`);
      expect([operation, answer.status, answer.status === status ? '' : answer.json]).toEqual([operation, status, '']);
      if (status === 204) continue;
      const documented = document.paths[`/control/v1${template}`]?.[method.toLowerCase()]?.responses ?? {};
      const key = String(status) in documented ? String(status) : 'default';
      const validate = ajv.getSchema(pointerTo(template, method, key));
      if (validate?.(answer.json) !== true) wrong.push({ operation, errors: validate?.errors ?? 'no schema' });
      await scene.simulator.idle();
    }
    expect(wrong).toEqual([]);
    const uncalled = operationsOf(document).filter((operation) => !called.has(operation));
    // An endless answer; its events are tested with the clock.
    expect(uncalled).toEqual(['GET /control/v1/clock/stream']);
  });

  it('can be read as a page', async () => {
    await using scene = await openScene();
    const page = await fetch(`${scene.simulator.apiUrl}/control/docs`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('/control/docs/static/')]);
  });
});

/** Every call of the control API in an order that makes sense, with the status it is answered. */
function callsOf(scene: Scene) {
  const { mchid } = scene.merchant;
  const from = new Date(scene.simulator.clock.now() + 3_600_000).toISOString();
  const until = new Date(scene.simulator.clock.now() + 7_200_000).toISOString();
  const call = (operation: string, status: number, body?: unknown, path = operation.split(' ')[1] ?? '') => ({
    operation,
    status,
    body,
    path,
  });
  const order = { outTradeNo: 'OPENAPI_1', total: 500 };
  return [
    call('GET /health', 200),
    call('GET /choices', 200),
    call('POST /orders', 201, order),
    call('POST /orders', 200, { orders: [{ outTradeNo: 'OPENAPI_2', total: 1 }] }),
    call('POST /orders', 400, { outTradeNo: 'x', total: 1 }),
    call('PUT /faults/rates', 200, { seed: 's', rates: { lost: 0.1 } }),
    call('POST /faults/{outTradeNo}', 200, { faults: [{ kind: 'doubled' }] }, '/faults/OPENAPI_1'),
    call('POST /faults/refunds/{outRefundNo}', 200, { faults: [{ kind: 'refund_abnormal' }] }, '/faults/refunds/R_1'),
    call('POST /orders/{outTradeNo}/pay', 200, undefined, '/orders/OPENAPI_1/pay'),
    call('POST /orders/{outTradeNo}/pay', 409, undefined, '/orders/OPENAPI_1/pay'),
    call('POST /pay', 200, { orders: [{ outTradeNo: 'OPENAPI_2', faults: [{ kind: 'tampered', part: 'tag' }] }] }),
    call('GET /orders', 200),
    call('GET /orders/{outTradeNo}', 404, undefined, '/orders/UNKNOWN_1'),
    call('PUT /refunds/v2-notify-url', 200, { url: scene.receiver.url }),
    call('POST /refunds', 201, { outTradeNo: 'OPENAPI_1', outRefundNo: 'R_1', refund: 100 }),
    call('POST /clock/advance', 200, { ms: 60_000 }),
    call('GET /refunds/{outRefundNo}', 200, undefined, '/refunds/R_1'),
    call('POST /refunds/{outRefundNo}/settle', 200, { status: 'SUCCESS' }, '/refunds/R_1/settle'),
    call('GET /orders/{outTradeNo}', 200, undefined, '/orders/OPENAPI_1'),
    call('GET /notifications/summary', 200),
    call('POST /notifications/redeliver-now', 200),
    call('POST /faults/api', 201, { operations: ['close_order'], fault: { kind: 'error', code: 'SYSTEM_ERROR' } }),
    call('GET /faults/api', 200),
    call('DELETE /faults/api/{id}', 404, undefined, '/faults/api/none'),
    call('POST /faults/outages', 201, { from, until }),
    call('GET /faults/outages', 200),
    call('DELETE /faults/outages/{id}', 404, undefined, '/faults/outages/none'),
    call('PUT /faults/bills', 200, { billDate: '2020-01-01', wrongHash: 1, rates: { seed: 's', add: 0.5 } }),
    call('GET /faults/bills', 200),
    call('GET /faults', 200),
    call('GET /live', 200),
    call('GET /clock', 200),
    call('PUT /clock', 409, { speed: 2 }),
    call('GET /merchants', 200),
    call('POST /merchants/{mchid}/rotate', 200, { share: 0.5 }, `/merchants/${mchid}/rotate`),
    call('PUT /merchants/{mchid}/signing', 200, { newCertificateShare: 1 }, `/merchants/${mchid}/signing`),
    call(
      'POST /merchants/{mchid}/switch-to-public-key',
      200,
      { automatic: true },
      `/merchants/${mchid}/switch-to-public-key`,
    ),
    call('POST /reset', 204),
  ];
}

async function callWith(scene: Scene, method: string, path: string, body: unknown) {
  const answer = await fetch(scene.simulator.controlUrl + path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? null : JSON.parse(text) };
}

function pointerTo(template: string, method: string, key: string): string {
  const path = `/control/v1${template}`.replaceAll('~', '~0').replaceAll('/', '~1');
  const pointer = `/paths/${path}/${method.toLowerCase()}/responses/${key}/content/application~1json/schema`;
  return `document#${encodeURI(pointer)}`;
}
