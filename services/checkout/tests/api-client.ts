import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';

type Json = Record<string, unknown>;
type Operation = { responses: Record<string, { content?: Record<string, unknown> }> };
export type ApiDocument = { openapi: string; paths: Record<string, Record<string, Operation>> };

export type ApiAnswer = { status: number; headers: Headers; json: Json };
export type ApiCall = { body?: unknown; headers?: Record<string, string>; key?: string | null; signal?: AbortSignal };

export type ApiClient = {
  readonly document: ApiDocument;
  /** Calls `GET /v1/orders/X` and holds the answer to the served OpenAPI document. */
  call(operation: string, call?: ApiCall): Promise<ApiAnswer>;
  /** The same for what is no answer of `call`, such as an event's data. */
  expectSchema(name: string, value: unknown): void;
};

/** A client of the order API for which every answer must be one that the API itself documents. */
export async function createApiClient(url: string, apiKey: string): Promise<ApiClient> {
  const served = await fetch(`${url}/openapi.json`);
  const document = (await served.json()) as ApiDocument;
  if (!served.ok) throw new Error(`no OpenAPI document: ${JSON.stringify(document)}`);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'document');

  const expectValid = (pointer: string, value: unknown): void => {
    const validate = ajv.getSchema(`document#${encodeURI(pointer)}`);
    expect({ pointer, valid: validate?.(value), errors: validate?.errors ?? [] }).toEqual({
      pointer,
      valid: true,
      errors: [],
    });
  };

  return {
    document,
    expectSchema: (name, value) => expectValid(`/components/schemas/${name}`, value),
    async call(operation, { body, headers = {}, key = apiKey, signal } = {}) {
      const [method = '', path = ''] = operation.split(' ');
      const answer = await fetch(url + path, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      const json = (await answer.json()) as Json;
      const template = templateOf(document, path);
      const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
      expectValid(pointerTo(document, template, method.toLowerCase(), answer.status, type), json);
      return { status: answer.status, headers: answer.headers, json };
    },
  };
}

function templateOf(document: ApiDocument, path: string): string {
  const [plain = ''] = path.split('?');
  const fits = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain);
  const template = Object.keys(document.paths).find(fits);
  if (template === undefined) throw new Error(`the document has no path for ${path}`);
  return template;
}

/** Where the schema of this answer stands; the answer's own media type must be documented there. */
function pointerTo(document: ApiDocument, template: string, method: string, status: number, type: string): string {
  const responses = document.paths[template]?.[method]?.responses ?? {};
  const key = String(status) in responses ? String(status) : 'default';
  expect([...Object.keys(responses[key]?.content ?? {})]).toContain(type);
  const escaped = (text: string) => text.replaceAll('~', '~0').replaceAll('/', '~1');
  return `/paths/${escaped(template)}/${method}/responses/${key}/content/${escaped(type)}/schema`;
}
