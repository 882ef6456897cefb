import type { Section } from './frame.ts';
import { chart } from './panel.ts';
import { orZero, perMinute, quantile, rate, state } from './promql.ts';
import { CALLBACK_RATIO, PAID, PAYMENT_RATIO } from './success-rates.ts';

/** As the SLO counts it: without what a person repairs; Prometheus 3 writes the bound 60 as 60.0. */
const IN_A_MINUTE = rate('payguard_recovery_seconds_bucket{le=~"60([.]0)?",witness!="manual"}');
const RECOVERED_IN_A_MINUTE = `${IN_A_MINUTE} / ${rate('payguard_recovery_seconds_count{witness!="manual"}')}`;

export const fromPaymentToCredit: Section = {
  title: ['从支付到入账', 'From payment to credit'],
  panels: [
    chart(
      {
        title: ['每分钟入账（按来源）', 'Credits per minute by witness'],
        about: [
          '由谁先证实：callback 回调，query 主动查询，bill 对账单，manual 人工。回调占比下降说明回调在丢。',
          'Who said it first. A falling share of callbacks means that callbacks are being lost.',
        ],
        unit: 'cpm',
        isWhole: true,
        alerts: ['PayguardCallbacksMissing'],
      },
      { expr: perMinute('payguard_recovery_seconds_count', 'witness'), legend: '{{witness}}' },
    ),
    chart(
      {
        title: ['到账耗时 p50（按来源）', 'Recovery time p50 by witness'],
        about: [
          '从微信支付成功到入账提交，一半订单快于此值。',
          'From payment at WeChat Pay to committed credit; half are faster.',
        ],
        unit: 's',
        levels: { warnAbove: 10, badAbove: 60 },
        alerts: ['PayguardRecoveryBudgetFast'],
      },
      { expr: quantile(0.5, 'payguard_recovery_seconds', 'witness'), legend: '{{witness}}' },
    ),
    chart(
      {
        title: ['到账耗时 p99（按来源）', 'Recovery time p99 by witness'],
        about: [
          '从微信支付成功到入账提交，99 % 的订单快于此值。',
          'From payment at WeChat Pay to committed credit; 99 % are faster.',
        ],
        unit: 's',
        levels: { warnAbove: 30, badAbove: 60 },
        alerts: ['PayguardRecoveryBudgetFast', 'PayguardRecoveryBudgetSlow'],
      },
      { expr: quantile(0.99, 'payguard_recovery_seconds', 'witness'), legend: '{{witness}}' },
    ),
    chart(
      {
        title: ['最近支付的订单（按回调）', 'Orders paid lately by callback'],
        about: [
          'in_time 60 秒内到达，late 迟到，missing 未到（由主动查询补上）。',
          'Callback within 60 s, later, or not at all (found by asking WeChat Pay).',
        ],
        unit: 'short',
        isWhole: true,
        alerts: ['PayguardCallbacksMissing'],
      },
      { expr: `sum by (callback) (${state(PAID)})`, legend: '{{callback}}' },
    ),
    chart(
      {
        title: ['60 秒内入账的比例', 'Credited within 60 s'],
        about: [
          '服务目标：99.9 % 的支付在 60 秒内入账；人工修复不计。',
          'The objective: 99.9 % of payments are credited within 60 s; what a person repairs does not count.',
        ],
        unit: 'percentunit',
        levels: { warnBelow: 0.999, badBelow: 0.99 },
        alerts: ['PayguardRecoveryBudgetFast', 'PayguardRecoveryBudgetSlow'],
      },
      { expr: RECOVERED_IN_A_MINUTE, legend: '60 秒内 · within 60 s' },
    ),
    chart(
      {
        title: ['成功率的变化', 'Success rates over time'],
        about: [
          '支付成功率，与各商户的回调成功率，定义同上方两个数字。',
          'The two rates above over time, callbacks by merchant.',
        ],
        unit: 'percentunit',
        nothing: ['没有订单', 'no orders'],
        alerts: ['PayguardPaymentSuccessLow', 'PayguardCallbacksMissing'],
      },
      { expr: PAYMENT_RATIO, legend: '支付 · payments' },
      { expr: CALLBACK_RATIO, legend: '回调 · callbacks {{mchid}}' },
    ),
    chart(
      {
        title: ['待支付与挂起', 'Pending and held'],
        about: ['订单积压的变化。', 'How the backlog of orders moves.'],
        unit: 'short',
        alerts: ['PayguardPendingOrdersHigh'],
      },
      { expr: state('payguard_orders_pending'), legend: '待支付 · pending' },
      { expr: state('payguard_orders_on_hold'), legend: '挂起 · held' },
    ),
    chart(
      {
        title: ['最久的等待', 'Longest waits'],
        about: [
          '最早的待支付订单已等多久；各商户新订单（fresh）与积压订单（backlog）的查询已逾期多久（应接近 0）。',
          'Age of the oldest pending order, and how long checks of each merchant have been due: of fresh orders (should be near 0) and of the backlog.',
        ],
        unit: 's',
        alerts: ['PayguardOrdersOverdue'],
      },
      { expr: state('payguard_orders_pending_oldest_age_seconds'), legend: '最早待支付 · oldest pending' },
      {
        // No order is under way: nothing is overdue.
        expr: orZero(state('payguard_order_checks_overdue_seconds')),
        legend: '查询逾期 · check overdue {{mchid}} {{lane}}',
      },
    ),
    chart(
      {
        title: ['事件的结果', 'What events did'],
        about: [
          '每秒处理的订单事件：入账、重复、退款、关闭、挂起等。',
          'Order events per second: credits, repeats, refunds, closes, held.',
        ],
        unit: 'ops',
        isWhole: true,
      },
      { expr: rate('payguard_order_events_total', 'outcome'), legend: '{{outcome}}' },
    ),
  ],
};
