import { state } from './promql.ts';

/** Both as DESIGN defines them; NaN while there was nothing to count. */
export const PAID = 'payguard_orders_paid_recent';
export const CALLBACK_RATIO = `sum(${state(`${PAID}{callback="in_time"}`)}) / sum(${state(PAID)})`;
export const PAYMENT_RATIO = `${state('payguard_orders_credited_recent')} / ${state('payguard_orders_created_recent')}`;
