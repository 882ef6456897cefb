import type { AlertMessage } from '../alert-message.ts';
import { EN } from './en.ts';
import { ZH } from './zh.ts';

/** A message that tries a channel: marked as a test, calls nobody. `at` in ms UTC. */
export function testMessage(id: string, at: number): AlertMessage {
  return {
    id,
    severity: 'info',
    items: [{ news: 'opened', severity: 'info', about: 'alerter', text: { zh: ZH.testText, en: EN.testText } }],
    at,
    insteadOf: null,
    isTest: true,
  };
}
