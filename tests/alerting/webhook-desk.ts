import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const messageSchema = z.object({
  id: z.string(),
  items: z.array(z.object({ news: z.string(), mismatch: z.object({ id: z.string() }).optional() })),
});

/** A message that was taken. */
export type TakenMessage = { channel: string; id: string; items: { news: string; mismatchId: string }[] };

/** Where a request can be when its sender is killed. */
export const DESK_STEPS = ['request arrived', 'request taken', 'answered'] as const;
export type DeskStep = (typeof DESK_STEPS)[number];

/** Receives the messages of several webhook channels and lets a test act at exact steps of each request. */
export type WebhookDesk = {
  url(channel: string): string;
  readonly taken: readonly TakenMessage[];
  /** Called at each step of each request, which waits for it; true: the sender is gone, the request goes no further. */
  onStep: (step: DeskStep, channel: string) => Promise<boolean>;
  close(): Promise<void>;
};

export async function openWebhookDesk(): Promise<WebhookDesk> {
  const taken: TakenMessage[] = [];
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const desk: WebhookDesk = {
    url: (channel) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${channel}`,
    taken,
    onStep: async () => false,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const channel = request.url?.slice(1) ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (await desk.onStep('request arrived', channel)) return;
    const { id, items } = messageSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    const told = items.flatMap(({ news, mismatch }) => (mismatch ? [{ news, mismatchId: mismatch.id }] : []));
    taken.push({ channel, id, items: told });
    if (await desk.onStep('request taken', channel)) return;
    response.writeHead(204).end(() => void desk.onStep('answered', channel));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return desk;
}
