import type { RequestListener, ServerResponse } from 'node:http';
import type { ProbeReport } from '@payguard/shared/callback-probe/probe-callback-url';
import { expect } from 'vitest';

export const json = (answer: ServerResponse, status: number, body: unknown): void => {
  answer.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
};
export const html = (answer: ServerResponse, status: number): void => {
  answer.writeHead(status, { 'content-type': 'text/html' }).end('<form>user name, password</form>');
};
export const healthy = (answer: ServerResponse): void => json(answer, 200, { status: 'ok' });
export const refused = (answer: ServerResponse): void =>
  json(answer, 400, { code: 'FAIL', message: 'a header is missing' });

export type Answers = { get?: (answer: ServerResponse) => void; post?: (answer: ServerResponse) => void };

/** Answers as the gateway does, but for what is given. */
export function gatewayLike({ get = healthy, post = refused }: Answers): RequestListener {
  return (request, answer) => (request.method === 'POST' ? post : get)(answer);
}

/** One end, and room in the table. */
export function expectOneSentence({ sentence, url }: ProbeReport): void {
  expect(sentence).toMatch(/^[^\n]+\.$/);
  expect(sentence).not.toMatch(/[a-z)]\. [A-Z]/);
  expect(sentence).toContain(new URL(url).hostname);
  expect(sentence.length).toBeLessThanOrEqual(500);
}
