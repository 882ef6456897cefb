import type { Severity } from '@payguard/shared/alerting/alert-message';
import { routeAlert } from '@payguard/shared/alerting/route-news';
import type { NewNotice } from '../notices/notice.ts';
import type { AlertSettings } from './plan-alert-notices.ts';
import type { UnreadableAlert } from './webhook.ts';

/** The rule that fires beside, in deploy/helm/payguard/files/rules: who takes it by name hears of this, too. */
const ROUTED_AS = 'PayguardAlertmanagerMalformed';
/** What the lost ones said is unknown: it may have been the gravest. */
const SEVERITY: Severity = 'critical';
/** Alertmanager says again what goes on: people hear of it once an hour, the log has each. */
const HOUR_MS = 3_600_000;
const MAX_NAMES = 5;
const MAX_REASON_CHARS = 300;

type Texts = Readonly<Record<'zh' | 'en', string>>;

/** What is to be told of alerts that came among others and cannot be read: nothing where there are none. */
export function planUnreadableNotices(
  unreadable: readonly UnreadableAlert[],
  settings: AlertSettings,
  now: number,
): NewNotice[] {
  const [first] = unreadable;
  if (first === undefined) return [];
  const named = [...new Set(unreadable.map(({ name }) => name))].slice(0, MAX_NAMES).join(', ');
  const reason = first.reason.slice(0, MAX_REASON_CHARS);
  return planNotices('unreadable-alerts', unreadableText(unreadable.length, named, reason), settings, now);
}

/** What is to be told of a webhook of which nothing was taken. */
export function planRefusedNotices(reason: string, settings: AlertSettings, now: number): NewNotice[] {
  return planNotices('refused-webhook', refusedText(reason.slice(0, MAX_REASON_CHARS)), settings, now);
}

function planNotices(topic: string, text: Texts, settings: AlertSettings, now: number): NewNotice[] {
  return routeAlert(ROUTED_AS, SEVERITY, settings).map((channel) => ({
    channel,
    dedupeKey: `alerter:${topic}:${Math.floor(now / HOUR_MS)}`,
    subject: { kind: 'alerter', topic, text },
    news: 'opened',
    severity: SEVERITY,
    dueAt: now,
    traceparent: undefined,
  }));
}

function unreadableText(count: number, named: string, reason: string): Texts {
  return {
    zh: `Alertmanager 发来的 ${count} 条告警无法读取（${named}），内容未能转达：${reason} 请到 Alertmanager 查看正在触发的告警，并查看告警服务的日志。`,
    en: `${count} alerts of Alertmanager cannot be read (${named}), and what they say was not passed on: ${reason} Look at what fires in Alertmanager, and at the alerter's log.`,
  };
}

function refusedText(reason: string): Texts {
  return {
    zh: `拒收了一次 Alertmanager 的推送，其中的告警已全部丢失：${reason} 请到 Alertmanager 查看正在触发的告警，并查看告警服务的日志。`,
    en: `A webhook of Alertmanager was refused and all of its alerts are lost: ${reason} Look at what fires in Alertmanager, and at the alerter's log.`,
  };
}
