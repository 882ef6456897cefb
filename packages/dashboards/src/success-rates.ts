import { state } from './promql.ts';

export const PAID = 'payguard_orders_paid_recent';
/** NaN while there was nothing to count. Callbacks by merchant: each has its own notify URL. */
export const CALLBACK_RATIO = `sum by (mchid) (${state(`${PAID}{callback="in_time"}`)}) / sum by (mchid) (${state(PAID)})`;
export const PAYMENT_RATIO = `${state('payguard_orders_credited_recent')} / ${state('payguard_orders_created_recent')}`;
