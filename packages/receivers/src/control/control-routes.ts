import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Faults, httpFaultSchema, mailFaultSchema } from '../faults.ts';
import { CHANNELS, type Channel, type Inbox } from '../inbox.ts';

const channelSchema = z.enum(CHANNELS);
const filterSchema = z.object({
  channel: channelSchema.optional(),
  after: z.coerce.number().int().min(0).optional(),
});

/** For tests and people: what came, how often it was refused, and which faults to play. */
export function registerControlRoutes(app: FastifyInstance, { inbox, faults }: { inbox: Inbox; faults: Faults }): void {
  app.get('/messages', async (request, reply) => {
    const filter = filterSchema.safeParse(request.query);
    if (!filter.success) return reply.code(400).send({ error: describe(filter.error) });
    return { messages: inbox.list(filter.data) };
  });
  app.delete('/messages', async (_request, reply) => {
    inbox.clear();
    return reply.code(204).send();
  });
  app.get('/tallies', async () => inbox.tallies());
  app.get('/faults', async () => Object.fromEntries(CHANNELS.map((channel) => [channel, faults[channel].current()])));
  app.delete('/faults', async (_request, reply) => {
    for (const channel of CHANNELS) faults[channel].set(null);
    return reply.code(204).send();
  });
  app.put<{ Params: { channel: string } }>('/faults/:channel', async (request, reply) => {
    const channel = channelSchema.safeParse(request.params.channel);
    if (!channel.success) return reply.code(404).send({ error: `There is no channel ${request.params.channel}.` });
    const problem = setFault(faults, channel.data, parseJson(request.body));
    if (problem !== undefined) return reply.code(400).send({ error: problem });
    return reply.code(204).send();
  });
}

/** `null` lifts the fault. Answers what is wrong with it, if anything. */
function setFault(faults: Faults, channel: Channel, fault: unknown): string | undefined {
  if (channel === 'mail') {
    const parsed = mailFaultSchema.nullable().safeParse(fault);
    if (!parsed.success) return describe(parsed.error);
    faults.mail.set(parsed.data);
    return undefined;
  }
  const parsed = httpFaultSchema.nullable().safeParse(fault);
  if (!parsed.success) return describe(parsed.error);
  faults[channel].set(parsed.data);
  return undefined;
}

function parseJson(body: unknown): unknown {
  try {
    return typeof body === 'string' ? JSON.parse(body) : undefined;
  } catch {
    return undefined;
  }
}

function describe({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'is not valid'}`;
}
