import type { AlertMessage, MessageItem } from '../alert-message.ts';

/** How the thing stands when the message is written: people read how it is, not how it was. */
export type Standing = 'open' | 'escalated' | 'repeated' | 'autoRepaired' | 'resolved' | 'dismissed' | 'ended';

export function standingOf(item: MessageItem): Standing {
  if (item.about === 'mismatch') {
    switch (item.mismatch.state) {
      case 'auto_repaired':
        return 'autoRepaired';
      case 'resolved':
      case 'dismissed':
        return item.mismatch.state;
      case 'open':
        return item.news === 'escalated' ? 'escalated' : 'open';
    }
  }
  switch (item.news) {
    case 'ended':
    case 'digest':
      return 'ended';
    case 'escalated':
    case 'repeated':
      return item.news;
    case 'opened':
      return 'open';
  }
}

export function isOver(item: MessageItem): boolean {
  return !['open', 'escalated', 'repeated'].includes(standingOf(item));
}

/** Somebody must look at once: robots @ people for these alone. */
export function isPage(message: AlertMessage): boolean {
  return message.severity === 'critical' && !message.isTest && message.items.some((item) => !isOver(item));
}
