import { Webhook } from 'standardwebhooks';
import { ConfigError } from '../config/config-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AlertChannel } from './alert-message.ts';
import type { AlertsFile, ChannelSettings } from './alerts-file.ts';
import { CHANNEL_TIMEOUTS, type ChannelOptions } from './channels/channel-options.ts';
import { checkPostAddress } from './channels/check-post-address.ts';
import { openDingtalkChannel } from './channels/dingtalk-channel.ts';
import { openMailChannel } from './channels/mail-channel.ts';
import { readSecret } from './channels/read-secret.ts';
import { openWebhookChannel } from './channels/webhook-channel.ts';
import { openWecomChannel } from './channels/wecom-channel.ts';

/**
 * Every channel of the file, by name, with its secrets read. Connects to nothing yet. Throws ConfigError naming channel
 * and field.
 */
export function openChannels(
  { channels, language, consoleUrl }: AlertsFile,
  log: Logger,
  timeouts = CHANNEL_TIMEOUTS,
): ReadonlyMap<string, AlertChannel> {
  const opened = Object.entries(channels).map(([name, settings]): [string, AlertChannel] => {
    const options = { name, language: settings.language ?? language, consoleUrl, log, timeouts };
    return [name, neverThrowing(openChannel(settings, options), log)];
  });
  return new Map(opened);
}

function openChannel(settings: ChannelSettings, options: ChannelOptions): AlertChannel {
  const secret = (field: string, path: string): string => readSecret(path, `channels.${options.name}.${field}`);
  switch (settings.type) {
    case 'mail':
      return openMailChannel(settings, { password: readMailPassword(settings, options.name) }, options);
    case 'dingtalk':
      checkPostAddress(`channels.${options.name}.url`, settings.url);
      return openDingtalkChannel(
        settings,
        {
          accessToken: secret('accessTokenFile', settings.accessTokenFile),
          secret: secret('secretFile', settings.secretFile),
        },
        options,
      );
    case 'wecom':
      checkPostAddress(`channels.${options.name}.url`, settings.url);
      return openWecomChannel(settings, { key: secret('keyFile', settings.keyFile) }, options);
    case 'webhook':
      checkPostAddress(`channels.${options.name}.url`, settings.url);
      return openWebhookChannel(settings, { webhook: readWebhookSecret(settings.secretFile, options.name) }, options);
  }
}

/** A mistake of ours in writing one message must not end the loop that sends all others. */
function neverThrowing(channel: AlertChannel, log: Logger): AlertChannel {
  return {
    ...channel,
    async send(message) {
      try {
        return await channel.send(message);
      } catch (err) {
        log.error({ err, channel: channel.name, message: message.id }, 'channel could not write a message');
        return { kind: 'failed', code: 'other', detail: 'The message could not be written; the log says why.' };
      }
    },
  };
}

function readMailPassword(
  { username, passwordFile }: Extract<ChannelSettings, { type: 'mail' }>,
  name: string,
): string | undefined {
  if (username === undefined && passwordFile === undefined) return undefined;
  if (username === undefined || passwordFile === undefined) {
    const missing = username === undefined ? 'username' : 'passwordFile';
    throw new ConfigError(`channels.${name}.${missing}: is missing; a login needs username and passwordFile.`);
  }
  return readSecret(passwordFile, `channels.${name}.passwordFile`);
}

function readWebhookSecret(path: string, name: string): Webhook {
  const field = `channels.${name}.secretFile`;
  const secret = readSecret(path, field);
  if (!/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(secret)) {
    throw new ConfigError(`${field}: ${path} must hold whsec_ and at least 24 bytes in base64.`);
  }
  return new Webhook(secret);
}
