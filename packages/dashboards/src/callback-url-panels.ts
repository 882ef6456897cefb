import type { Section } from './frame.ts';
import { chart, tile } from './panel.ts';
import { ageOf, orZero, state } from './promql.ts';

const DAY_S = 86_400;

export const callbackUrl: Section = {
  title: ['回调地址、证书与时钟', 'Callback URL, certificates and clock'],
  panels: [
    tile(
      {
        title: ['回调地址可用', 'Callback URL works'],
        about: [
          '从外部探测：0 表示至少一个地址收不到回调。',
          'Asked from outside; 0: at least one URL would not get its callbacks.',
        ],
        unit: 'bool_yes_no',
        levels: { warnBelow: 1, badBelow: 1 },
        alerts: ['PayguardProbeFailing', 'PayguardProbeAbsent'],
      },
      `min(${state('payguard_probe_success')})`,
    ),
    tile(
      {
        title: ['距上次探测', 'Since the last probe'],
        about: ['探测每 10 分钟一次。', 'It runs every 10 minutes.'],
        unit: 's',
        levels: { warnAbove: 1_200, badAbove: 1_800 },
        alerts: ['PayguardJobStale', 'PayguardProbeAbsent'],
      },
      `max(${ageOf('payguard_probe_last_timestamp_seconds')})`,
    ),
    tile(
      {
        title: ['TLS 证书剩余天数', 'TLS certificate: days left'],
        about: [
          '回调地址的服务器证书；本机演示没有 TLS，显示 0。',
          "The callback URL's server certificate; 0 where there is no TLS, as on a developer's machine.",
        ],
        unit: 'd',
        levels: { warnBelow: 14, badBelow: 3 },
        alerts: ['PayguardCallbackTlsExpiring'],
      },
      orZero(`min(${daysLeft(state('payguard_probe_tls_expiry_timestamp_seconds'))})`),
    ),
    tile(
      {
        title: ['平台证书剩余天数', 'Platform certificate: days left'],
        about: [
          '最早到期的微信支付平台证书；只用公钥时显示 0。',
          'Of the WeChat Pay platform certificate that ends first; 0 where only public keys are used.',
        ],
        unit: 'd',
        levels: { warnBelow: 14, badBelow: 3 },
        alerts: ['PayguardVerificationKeyExpiring'],
      },
      orZero(`min(${daysLeft('max without (pod, instance) (payguard_verification_key_expiry_timestamp_seconds)')})`),
    ),
    tile(
      {
        title: ['时钟偏差', 'Clock offset'],
        about: [
          '本机时钟减微信支付时钟；超过 300 秒回调即被拒绝。',
          "Our clock minus WeChat Pay's; beyond 300 s callbacks are refused.",
        ],
        unit: 's',
        levels: { warnAbove: 30, badAbove: 60 },
        alerts: ['PayguardClockOffset'],
      },
      `max(abs(${state('payguard_clock_offset_seconds')}))`,
    ),
    tile(
      {
        title: ['探测耗时', 'Probe duration'],
        about: ['最慢的地址；微信支付只等 5 秒。', 'The slowest URL; WeChat Pay waits 5 s at most.'],
        unit: 's',
        levels: { warnAbove: 1, badAbove: 3 },
        alerts: ['PayguardProbeFailing'],
      },
      `max(${state('payguard_probe_duration_seconds')})`,
    ),
    chart(
      {
        title: ['探测结论', 'Probe findings'],
        about: ['值为 1 的即当前结论，ok 为正常。', 'The one at 1 is the finding now; ok is well.'],
        unit: 'short',
        alerts: ['PayguardProbeFailing'],
      },
      { expr: `${state('payguard_probe_finding')} == 1`, legend: '{{finding}} {{url}}' },
    ),
    chart(
      {
        title: ['证书剩余天数', 'Certificates: days left'],
        about: [
          '验证微信支付签名的平台证书（按商户与序列号），以及回调地址的 TLS 证书。',
          'Platform certificates by merchant and serial, and the TLS certificates of the callback URLs.',
        ],
        unit: 'd',
        levels: { warnBelow: 14, badBelow: 3 },
        alerts: ['PayguardVerificationKeyExpiring', 'PayguardCallbackTlsExpiring'],
      },
      {
        expr: orZero(daysLeft('max without (pod, instance) (payguard_verification_key_expiry_timestamp_seconds)')),
        legend: '{{mchid}} {{serial}}',
      },
      { expr: orZero(daysLeft(state('payguard_probe_tls_expiry_timestamp_seconds'))), legend: 'TLS {{url}}' },
    ),
    chart(
      {
        title: ['时钟偏差（按商户）', 'Clock offset by merchant'],
        about: ['正数：本机偏快。', 'Positive: our clock is ahead.'],
        unit: 's',
        alerts: ['PayguardClockOffset'],
      },
      { expr: state('payguard_clock_offset_seconds'), legend: '{{mchid}}' },
    ),
  ],
};

function daysLeft(expiry: string): string {
  return `(${expiry} - time()) / ${DAY_S}`;
}
