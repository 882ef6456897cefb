import fastifySwagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { PROBLEM_MEDIA_TYPE, ProblemError, problemAnswer } from './problem.ts';

/** A scope whose routes are declared once: their zod schemas check the request, type the handler, and are the document. */
export type CheckedApp = ReturnType<typeof asCheckedApp>;

const INFO = {
  title: 'payguard order API',
  version: '1',
  description:
    'For the shop: make orders, follow them while the payer pays, close and refund them. Amounts are in fen, times are ' +
    'RFC 3339. Internal: it is not for browsers, and not for the public network.',
};

const TAGS = [
  { name: 'orders', description: 'Before, during and after a payment.' },
  { name: 'refunds', description: 'Give money back, and follow that.' },
];

type OpenApiDocument = ReturnType<typeof jsonSchemaTransformObject>;

/** Collects the routes registered from now on. */
export async function collectRoutes(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.1',
      info: INFO,
      tags: TAGS,
      security: [{ apiKey: [] }],
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    },
    transform: (route) => jsonSchemaTransform({ ...route, schema: withProblems(route.schema) }),
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
}

/** Makes this scope check requests by the schemas of its routes. */
export function checkBySchema(app: FastifyInstance): CheckedApp {
  app.setValidatorCompiler(checkInput);
  app.setSerializerCompiler(writeJson);
  return asCheckedApp(app);
}

function asCheckedApp(app: FastifyInstance) {
  return app.withTypeProvider<ZodTypeProvider>();
}

/** A missing body or query counts as an empty one, so that a call of optional fields needs neither. */
const checkInput: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (input: unknown) => {
    const parsed = schema.safeParse(input ?? {});
    return parsed.success ? { value: parsed.data } : { error: explainInvalid(parsed.error) };
  };

function explainInvalid(error: z.ZodError): ProblemError {
  const issue = error.issues[0];
  const field = issue?.path.join('.') ?? '';
  const detail = `${field === '' ? 'The request' : field}: ${issue?.message ?? 'is not valid'}.`;
  return new ProblemError({ kind: 'invalid-request', detail, field: field === '' ? undefined : field });
}

/** Answers are held to their schemas by the compiler and by a test, not again at each call. */
const writeJson: FastifySerializerCompiler<unknown> = () => (answer) => JSON.stringify(answer);

const PROBLEM_ANSWER = {
  description: 'The call is refused (RFC 9457).',
  content: { [PROBLEM_MEDIA_TYPE]: { schema: problemAnswer } },
};

function withProblems<S extends { response?: unknown } | undefined>(schema: S): S {
  if (schema === undefined || typeof schema.response !== 'object') return schema;
  return { ...schema, response: { ...schema.response, default: PROBLEM_ANSWER } };
}

/** Each named schema is written for requests and for answers; those that nothing (left) refers to only hide the others. */
function withoutUnused(document: OpenApiDocument): OpenApiDocument {
  if (!('components' in document)) return document;
  const schemas: Record<string, unknown> = document.components?.schemas ?? {};
  for (let unused = findUnused(document, schemas); unused !== undefined; unused = findUnused(document, schemas)) {
    delete schemas[unused];
  }
  return document;
}

function findUnused(document: OpenApiDocument, schemas: Record<string, unknown>): string | undefined {
  const text = JSON.stringify(document);
  return Object.keys(schemas).find((name) => !text.includes(`"#/components/schemas/${name}"`));
}
