import type { SupervisedService } from '../supervise/supervise-service.ts';
import type { Ports } from './choose-ports.ts';
import { localUrl } from './local-url.ts';
import {
  alerterProgram,
  checkoutProgram,
  gatewayProgram,
  pointsProgram,
  type ServiceAccess,
  type SuperviseContext,
  supervise,
} from './service-programs.ts';
import type { StartProgress } from './start-progress.ts';

export type LocalServices = {
  readonly gateway: SupervisedService;
  readonly points: SupervisedService;
  readonly checkout: SupervisedService;
  readonly alerter: SupervisedService;
};

/** Services are ready in half a second; a busy machine, or one that compiles everything anew, takes its time. */
export const SERVICE_READY_MS = 60_000;

/** Starts payguard's own services; `servicesReady` waits for them. */
export function superviseServices(ports: Ports, access: ServiceAccess, context: SuperviseContext): LocalServices {
  return {
    gateway: supervise(gatewayProgram(ports, access), context),
    points: supervise(pointsProgram(ports, access), context),
    checkout: supervise(checkoutProgram(ports, access), context),
    alerter: supervise(alerterProgram(ports, access), context),
  };
}

export async function servicesReady(services: LocalServices, ports: Ports, progress: StartProgress): Promise<void> {
  const ready = ({ name, ready }: SupervisedService, address: string) =>
    progress.ready(name, ready(SERVICE_READY_MS), () => address);
  await Promise.all([
    ready(services.gateway, localUrl(ports.gateway)),
    ready(services.points, localUrl(ports.pointsMetrics)),
    ready(services.checkout, localUrl(ports.checkout)),
    ready(services.alerter, localUrl(ports.alerter)),
  ]);
}
