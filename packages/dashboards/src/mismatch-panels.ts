import type { Section } from './frame.ts';
import { chart } from './panel.ts';
import { orZero, state } from './promql.ts';

export const mismatchesAndRefunds: Section = {
  title: ['差异与退款', 'Mismatches and refunds'],
  panels: [
    chart(
      {
        title: ['未处理差异（按种类）', 'Open mismatches by kind'],
        about: [
          '例如 paid_not_recorded：微信已支付、系统未入账。',
          'For example paid_not_recorded: paid at WeChat Pay, not credited here.',
        ],
        unit: 'short',
        isWhole: true,
        alerts: ['PayguardMismatchesOpen'],
      },
      { expr: orZero(state('payguard_mismatches_open')), legend: '{{kind}}' },
    ),
    chart(
      {
        title: ['最久未处理的差异', 'Oldest open mismatch by kind'],
        about: ['发现至今的时间。', 'Time since it was found.'],
        unit: 's',
        levels: { warnAbove: 3_600, badAbove: 14_400 },
        alerts: ['PayguardMismatchOpenTooLong'],
      },
      { expr: orZero(state('payguard_mismatches_open_oldest_age_seconds')), legend: '{{kind}}' },
    ),
    chart(
      {
        title: ['未完成退款（按状态）', 'Open refunds by status'],
        about: [
          '退款在微信支付处理期间属正常；长期不变需要查看。',
          'Normal while WeChat Pay works on them; look when a number stays.',
        ],
        unit: 'short',
        isWhole: true,
      },
      { expr: orZero(state('payguard_refunds_open')), legend: '{{status}}' },
    ),
  ],
};
