import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { fromPaymentToCredit } from './credit-panels.ts';
import { buildDashboard, type Section } from './frame.ts';
import { mismatchesAndRefunds } from './mismatch-panels.ts';
import { tile } from './panel.ts';
import { orZero, state } from './promql.ts';
import { CALLBACK_RATIO, PAYMENT_RATIO } from './success-rates.ts';

/** What the shop's own people ask: is money arriving, and is it credited. */
export function businessDashboard(): Dashboard {
  return buildDashboard({
    uid: 'payguard-business',
    title: ['payguard 业务', 'Business'],
    about: [
      '支付是否到账、回调是否到达、有没有需要人处理的差异。',
      'Whether payments are credited, whether callbacks arrive, and what waits for a person.',
    ],
    variables: [],
    sections: [atAGlance, fromPaymentToCredit, mismatchesAndRefunds],
  });
}

const atAGlance: Section = {
  title: ['一眼看清', 'At a glance'],
  panels: [
    tile(
      {
        title: ['待支付订单', 'Pending orders'],
        about: ['既未入账也未关闭的订单数。', 'Orders neither credited nor closed.'],
        unit: 'short',
        levels: { warnAbove: 500, badAbove: 2_000 },
        alerts: ['PayguardPendingOrdersHigh', 'PayguardOrdersOverdue'],
      },
      state('payguard_orders_pending'),
    ),
    tile(
      {
        title: ['支付成功率', 'Payment success rate'],
        about: [
          '35 至 95 分钟前创建的订单中已入账的比例。',
          'Share of the orders created 35 to 95 minutes ago that are credited.',
        ],
        unit: 'percentunit',
        levels: { warnBelow: 0.5, badBelow: 0.4 },
        nothing: ['没有订单', 'no orders'],
        alerts: ['PayguardPaymentSuccessLow'],
      },
      PAYMENT_RATIO,
    ),
    tile(
      {
        title: ['回调成功率', 'Callbacks in time'],
        about: [
          '最近支付的订单中，验签通过的回调在支付后 60 秒内到达的比例，取最低的商户。回调全部丢失时也看得见。',
          'Share of the orders paid lately whose verified callback came within 60 s of the payment, of the merchant where it is lowest. Shows lost callbacks too.',
        ],
        unit: 'percentunit',
        levels: { warnBelow: 0.95, badBelow: 0.8 },
        nothing: ['没有支付', 'no payments'],
        alerts: ['PayguardCallbacksMissing'],
      },
      `min(${CALLBACK_RATIO})`,
    ),
    tile(
      {
        title: ['未处理差异', 'Open mismatches'],
        about: [
          '微信支付与本系统说法不同、尚未了结的条数。',
          'Where WeChat Pay and this system differ and nobody has settled it.',
        ],
        unit: 'short',
        levels: { warnAbove: 1, badAbove: 10 },
        alerts: ['PayguardMismatchesOpen', 'PayguardMismatchOpenTooLong'],
      },
      orZero(`sum(${state('payguard_mismatches_open')})`),
    ),
    tile(
      {
        title: ['挂起订单', 'Held orders'],
        about: ['已支付、等人决定是否入账的订单。', 'Paid, and waiting for a person to decide about the credit.'],
        unit: 'short',
        levels: { warnAbove: 1, badAbove: 20 },
        alerts: ['PayguardMismatchesOpen'],
      },
      state('payguard_orders_on_hold'),
    ),
    tile(
      {
        title: ['未完成退款', 'Open refunds'],
        about: ['已申请、尚无最终结果的退款。', 'Refunds asked for that have no final result yet.'],
        unit: 'short',
      },
      orZero(`sum(${state('payguard_refunds_open')})`),
    ),
  ],
};
