import { join } from 'node:path';
import type { Ports } from '../system/choose-ports.ts';
import { HOST, localUrl } from '../system/local-url.ts';
import type { Program } from '../system/service-programs.ts';
import type { ObservabilityPrograms } from './find-programs.ts';
import type { ObservabilityFiles } from './write-files.ts';

/** Go takes a thread for each core otherwise; what runs here has a few hundred series. */
const FRUGAL = { GOMAXPROCS: '1' };

export function prometheusProgram(
  { prometheus }: ObservabilityPrograms,
  ports: Ports,
  files: ObservabilityFiles,
): Program {
  return {
    name: 'prometheus',
    command: prometheus,
    args: [
      `--config.file=${files.prometheus}`,
      `--storage.tsdb.path=${join(files.folder, 'prometheus')}`,
      '--storage.tsdb.retention.time=7d',
      '--storage.tsdb.retention.size=512MB',
      `--web.listen-address=${HOST}:${ports.prometheus}`,
    ],
    env: FRUGAL,
    readyUrl: localUrl(ports.prometheus, '/-/ready'),
  };
}

export function alertmanagerProgram(
  { alertmanager }: ObservabilityPrograms,
  ports: Ports,
  files: ObservabilityFiles,
): Program {
  return {
    name: 'alertmanager',
    command: alertmanager,
    args: [
      `--config.file=${files.alertmanager}`,
      `--storage.path=${join(files.folder, 'alertmanager')}`,
      `--web.listen-address=${HOST}:${ports.alertmanager}`,
      // Empty: it looks for no others like it.
      '--cluster.listen-address=',
    ],
    env: FRUGAL,
    readyUrl: localUrl(ports.alertmanager, '/-/ready'),
  };
}
