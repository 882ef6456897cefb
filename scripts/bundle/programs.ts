import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** By the name of the bundle: the source that it is made of. */
export type Programs = ReadonlyMap<string, string>;

/** Within the bundles it would cost each process 9 MiB, traced or not (measured). */
export const TRACING_SDK = { name: 'tracing-sdk', source: join(ROOT, 'packages/shared/src/telemetry/tracing-sdk.ts') };

/** What a production system runs: the command line tool and every folder of services/ that has a main.ts. */
export function findPrograms(): Programs {
  const services = readdirSync(join(ROOT, 'services')).map(
    (service) => [service, join(ROOT, 'services', service, 'src/main.ts')] as const,
  );
  return new Map([
    ['payguard', join(ROOT, 'packages/cli/src/main.ts')],
    [TRACING_SDK.name, TRACING_SDK.source],
    ...services.filter(([, main]) => existsSync(main)),
  ]);
}

/** What a development system runs beside them: stand-ins for the world outside, and the payment that tries it all. */
export function findDevelopmentPrograms(): Programs {
  return new Map([
    ['simulator', join(ROOT, 'packages/wechatpay-simulator/src/main.ts')],
    ['receivers', join(ROOT, 'packages/receivers/src/main.ts')],
    ['smoke', join(ROOT, 'packages/local/src/smoke/main.ts')],
  ]);
}
