import type { Forgery } from '../faults/plan-attempt.ts';
import type { Order, OrderTerms } from '../orders/order.ts';
import type { Notice } from './notice.ts';

/** The notice with the one field false that the forgery names; as it is for all other forgeries. Changes nothing in place. */
export function falsifyNotice(notice: Notice, forgery: Forgery): Notice {
  switch (forgery) {
    case 'wrong_amount':
      return withOneFenMore(notice);
    case 'wrong_appid':
      return withTerms(notice, ({ appid }) => ({ appid: changeLastCharacter(appid) }));
    case 'wrong_mchid':
      return withTerms(notice, ({ mchid }) => ({ mchid: changeLastCharacter(mchid) }));
    default:
      return notice;
  }
}

function withOneFenMore(notice: Notice): Notice {
  if (notice.kind === 'payment') return withTerms(notice, ({ total }) => ({ total: total + 1 }));
  const { refund } = notice;
  return { ...notice, refund: { ...refund, terms: { ...refund.terms, refund: refund.terms.refund + 1 } } };
}

function withTerms(notice: Notice, change: (terms: OrderTerms) => Partial<OrderTerms>): Notice {
  const changed = (order: Order): Order => ({ ...order, terms: { ...order.terms, ...change(order.terms) } });
  if (notice.kind === 'payment') return { ...notice, order: changed(notice.order) };
  return { ...notice, refund: { ...notice.refund, order: changed(notice.refund.order) } };
}

function changeLastCharacter(text: string): string {
  return text.slice(0, -1) + (text.endsWith('0') ? '1' : '0');
}
