import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { alertDelivery } from './alert-delivery-panels.ts';
import { callbackUrl } from './callback-url-panels.ts';
import { buildDashboard } from './frame.ts';
import { jobs, wechatpayApi } from './wechatpay-api-panels.ts';

/** Jobs, WeChat Pay's API, the callback URL seen from outside, and whether alerts reach people. */
export function jobsDashboard(): Dashboard {
  return buildDashboard({
    uid: 'payguard-jobs',
    title: ['payguard 任务与外部', 'Jobs, WeChat Pay API and alert delivery'],
    about: [
      '定时任务、微信支付接口、回调地址与证书、告警是否送达。',
      'Jobs, the WeChat Pay API, callback URL and certificates, and whether alerts reach people.',
    ],
    variables: [
      { name: 'task', label: ['任务', 'Task'], metric: 'payguard_wechatpay_requests_total' },
      { name: 'channel', label: ['渠道', 'Channel'], metric: 'payguard_alert_deliveries_total' },
    ],
    sections: [jobs, wechatpayApi, callbackUrl, alertDelivery],
  });
}
