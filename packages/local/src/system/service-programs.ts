import { join } from 'node:path';
import { type SupervisedService, superviseService } from '../supervise/supervise-service.ts';
import { type AlertFiles, receiversFolder } from './alert-files.ts';
import type { Ports } from './choose-ports.ts';
import type { DatabaseUrls } from './database-users.ts';
import { HOST, localUrl } from './local-url.ts';
import { kafkaEnvironment, type OwnServers } from './own-servers.ts';

export const REPOSITORY = join(import.meta.dirname, '../../../..');
/** Both ways to sign, a half each, as while a merchant moves from platform certificate to public key. */
const MERCHANT = '1900000109:wxd678efh567hg6787:rotating';

export const CALLBACK_PATH = '/api/payment/wechat/callback';
export const HEALTH_PATH = '/api/payment/wechat/health';

/** What the services are pointed at. */
export type ServiceAccess = {
  servers: OwnServers;
  /** Of each part's own user with the embedded servers. */
  databaseUrls: DatabaseUrls;
  merchantsFile: string;
  /** In place of WeChat Pay. */
  simulatorUrl: string;
  apiKeysFile: string;
  alerts: AlertFiles;
  /** Over how long points counts which callbacks came in time; its own default where unset. */
  callbackWindowSeconds?: number | undefined;
};

export type SuperviseContext = {
  stateDir: string;
  onEvent(line: string): void;
  registerChild(name: string, pid: number): void;
};

/** `main`: one of our programs, run by the Node that runs us; `command`: one of the machine's. */
export type Program = ({ main: string } | { command: string }) & {
  name: string;
  args?: string[];
  env?: Record<string, string>;
  readyUrl: string;
};

export function simulatorProgram(stateDir: string, ports: Ports): Program {
  return {
    name: 'simulator',
    main: 'packages/wechatpay-simulator/src/main.ts',
    args: [
      ...['--port', String(ports.simulator)],
      ...['--state', join(stateDir, 'simulator')],
      ...['--merchant', MERCHANT],
      ...['--notify-url', localUrl(ports.gateway, CALLBACK_PATH)],
    ],
    readyUrl: localUrl(ports.simulator, '/control/v1/health'),
  };
}

/** Those whom alerts go to: they check like the real ones and deliver nothing. */
export function receiversProgram(stateDir: string, ports: Ports): Program {
  return {
    name: 'receivers',
    main: 'packages/receivers/src/main.ts',
    args: [
      ...['--port', String(ports.receivers)],
      ...['--smtp-port', String(ports.receiversSmtp)],
      ...['--smtp-tls-port', String(ports.receiversSmtpTls)],
      ...['--state', receiversFolder(stateDir)],
    ],
    readyUrl: localUrl(ports.receivers, '/tallies'),
  };
}

/** Each service gets what ARCHITECTURE.md lets it touch and nothing else: no database for the gateway. */
export function gatewayProgram(ports: Ports, { servers, merchantsFile }: ServiceAccess): Program {
  return {
    name: 'callback-gateway',
    main: 'services/callback-gateway/src/main.ts',
    env: {
      ...kafkaEnvironment(servers.kafka),
      MERCHANTS_FILE: merchantsFile,
      HOST,
      PORT: String(ports.gateway),
      METRICS_PORT: String(ports.gatewayMetrics),
    },
    readyUrl: localUrl(ports.gatewayMetrics, '/health/ready'),
  };
}

export function pointsProgram(ports: Ports, access: ServiceAccess): Program {
  const { servers, databaseUrls, merchantsFile, callbackWindowSeconds } = access;
  return {
    name: 'points',
    main: 'services/points/src/main.ts',
    env: {
      ...kafkaEnvironment(servers.kafka),
      DATABASE_URL: databaseUrls.points,
      MERCHANTS_FILE: merchantsFile,
      ...(callbackWindowSeconds === undefined ? {} : { CALLBACK_WINDOW_SECONDS: String(callbackWindowSeconds) }),
      HOST,
      METRICS_PORT: String(ports.pointsMetrics),
    },
    readyUrl: localUrl(ports.pointsMetrics, '/health/ready'),
  };
}

export function alerterProgram(ports: Ports, { servers, databaseUrls, alerts }: ServiceAccess): Program {
  return {
    name: 'alerter',
    main: 'services/alerter/src/main.ts',
    env: {
      ...kafkaEnvironment(servers.kafka),
      DATABASE_URL: databaseUrls.alerter,
      ALERTS_FILE: alerts.alertsFile,
      ALERTMANAGER_TOKEN_FILE: alerts.alertmanagerTokenFile,
      HOST,
      PORT: String(ports.alerter),
      METRICS_PORT: String(ports.alerterMetrics),
    },
    readyUrl: localUrl(ports.alerterMetrics, '/health/ready'),
  };
}

export function checkoutProgram(ports: Ports, access: ServiceAccess): Program {
  return {
    name: 'checkout',
    main: 'services/checkout/src/main.ts',
    env: {
      ...reconcilerEnvironment(access),
      DATABASE_URL: access.databaseUrls.checkout,
      API_KEYS_FILE: access.apiKeysFile,
      // The gateway here is on this machine, where no real WeChat Pay could reach it.
      ALLOW_LOCAL_NOTIFY_URL: 'true',
      HOST,
      PORT: String(ports.checkout),
      METRICS_PORT: String(ports.checkoutMetrics),
    },
    readyUrl: localUrl(ports.checkoutMetrics, '/health/ready'),
  };
}

/** A job waits for answers most of its time: room for short-lived objects would be 30 MiB of nothing (measured). */
const FRUGAL = { NODE_OPTIONS: '--max-semi-space-size=1', MALLOC_ARENA_MAX: '1' };

/** The environment of every job: they are one program. */
export function reconcilerEnvironment(access: ServiceAccess): Record<string, string> {
  const { servers, databaseUrls, merchantsFile, simulatorUrl } = access;
  return {
    ...kafkaEnvironment(servers.kafka),
    ...FRUGAL,
    DATABASE_URL: databaseUrls.reconciler,
    MERCHANTS_FILE: merchantsFile,
    WECHATPAY_API_URLS: simulatorUrl,
  };
}

export function supervise(program: Program, context: SuperviseContext): SupervisedService {
  const { args = [] } = program;
  return superviseService({
    name: program.name,
    ...('main' in program
      ? { command: process.execPath, args: [join(REPOSITORY, program.main), ...args] }
      : { command: program.command, args }),
    env: program.env ?? {},
    logFile: join(context.stateDir, 'logs', `${program.name}.log`),
    readyUrl: program.readyUrl,
    onEvent: context.onEvent,
    registerChild: (pid) => context.registerChild(program.name, pid),
  });
}
