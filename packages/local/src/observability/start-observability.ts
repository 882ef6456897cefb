import type { SupervisedService } from '../supervise/supervise-service.ts';
import type { Ports } from '../system/choose-ports.ts';
import { localUrl } from '../system/local-url.ts';
import { type SuperviseContext, supervise } from '../system/service-programs.ts';
import type { StartProgress } from '../system/start-progress.ts';
import type { ObservabilityPrograms } from './find-programs.ts';
import { alertmanagerProgram, prometheusProgram } from './observability-programs.ts';
import { type ObservabilityOptions, writeObservabilityFiles } from './write-files.ts';

export type Observers = { readonly prometheus: SupervisedService; readonly alertmanager: SupervisedService };

/** Both are ready in a second; Prometheus reads its log of the last two hours first. */
const OBSERVERS_READY_MS = 60_000;

/** Starts Prometheus and Alertmanager with payguard's rules; `observersReady` waits for them. */
export function superviseObservers(
  programs: ObservabilityPrograms,
  ports: Ports,
  options: ObservabilityOptions & { alertmanagerTokenFile: string },
  context: SuperviseContext,
): Observers {
  const files = writeObservabilityFiles(context.stateDir, ports, options);
  return {
    prometheus: supervise(prometheusProgram(programs, ports, files), context),
    alertmanager: supervise(alertmanagerProgram(programs, ports, files), context),
  };
}

export async function observersReady(observers: Observers, ports: Ports, progress: StartProgress): Promise<void> {
  const ready = ({ name, ready }: SupervisedService, address: string) =>
    progress.ready(name, ready(OBSERVERS_READY_MS), () => address);
  await Promise.all([
    ready(observers.prometheus, localUrl(ports.prometheus)),
    ready(observers.alertmanager, localUrl(ports.alertmanager)),
  ]);
}
