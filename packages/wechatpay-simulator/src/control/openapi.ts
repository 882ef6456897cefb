import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControlRefusal, parseInput } from './refusal.ts';

/** A scope whose routes are declared once: their zod schemas check the request, type the handler, and are the document. */
export type ControlApp = ReturnType<typeof asControlApp>;

const INFO = {
  title: 'wechatpay-simulator control API',
  version: '1',
  description:
    'What the payer, the network and the author of a test do to the simulated WeChat Pay. Unsigned. Amounts are in ' +
    'fen; times are RFC 3339, or ms UTC where the name ends in Ms. `mchid` may be left out while there is one merchant.',
};

const TAGS = [
  { name: 'orders', description: 'Create orders and pay them as the payer would.' },
  { name: 'refunds', description: 'Refunds as WeChat Pay and the merchant platform see them.' },
  { name: 'notifications', description: 'What goes out to the merchant.' },
  { name: 'faults', description: 'What goes wrong, and what has gone wrong.' },
  { name: 'clock', description: 'The simulated time.' },
  { name: 'merchants', description: 'Keys, certificates, and how they change.' },
  { name: 'simulator', description: 'The simulator as a whole.' },
];

const errorSchema = z
  .object({ error: z.string().describe('One sentence: what is wrong, which field, what to do.') })
  .meta({ id: 'Error', description: 'The call is refused.' });

type OpenApiDocument = ReturnType<typeof jsonSchemaTransformObject>;

/** Swagger's page writes styles into its elements; its scripts all come as files. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

/** Collects the routes registered in this scope from now on, and shows them as a page at `docs` in it. */
export async function collectRoutes(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: { openapi: '3.1.1', info: INFO, tags: TAGS },
    transform: (route) => jsonSchemaTransform({ ...route, schema: withErrors(route.schema) }),
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    indexPrefix: app.prefix,
    staticCSP: DOCS_POLICY,
    // Without the bar of the library's own brand.
    uiConfig: { layout: 'BaseLayout' },
    theme: { title: INFO.title },
  });
}

/** Makes this scope check requests by the schemas of its routes, and serves the OpenAPI 3.1 document at `/openapi.json`. */
export function checkBySchema(app: FastifyInstance): ControlApp {
  app.setValidatorCompiler(checkInput);
  app.setSerializerCompiler(writeJson);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  return asControlApp(app);
}

function asControlApp(app: FastifyInstance) {
  return app.withTypeProvider<ZodTypeProvider>();
}

/** A missing body or query counts as an empty one, so that a call of optional fields needs neither. */
const checkInput: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (input: unknown) => {
    try {
      return { value: parseInput(schema, input) };
    } catch (error) {
      if (error instanceof ControlRefusal) return { error };
      throw error;
    }
  };

/** Answers are held to their schemas by the compiler and by a test, not again at each call. */
const writeJson: FastifySerializerCompiler<unknown> = () => (answer) => JSON.stringify(answer);

function withErrors<S extends { response?: unknown } | undefined>(schema: S): S {
  if (schema === undefined || typeof schema.response !== 'object') return schema;
  return { ...schema, response: { ...schema.response, default: errorSchema } };
}

/** Each named schema is written for requests and for answers; those that nothing refers to only hide the others. */
function withoutUnused(document: OpenApiDocument): OpenApiDocument {
  if (!('components' in document)) return document;
  const text = JSON.stringify(document);
  const schemas: Record<string, unknown> = document.components?.schemas ?? {};
  for (const name of Object.keys(schemas)) {
    if (!text.includes(`"#/components/schemas/${name}"`)) delete schemas[name];
  }
  return document;
}
