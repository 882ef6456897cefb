import { APP_OWNER } from './layer-files.ts';
import type { ContainerConfig } from './oci-archive.ts';
import type { Release } from './release.ts';

/** As the chart asks for it. Without a registry a node means docker.io, and says so. */
export function imageName(name: string, { registry, repository, tag }: Release): string {
  return `${registry || 'docker.io'}/${repository}/${name}:${tag}`;
}

/** What registries and scanners show of an image. */
export function imageLabels(
  image: { readonly title: string; readonly description: string; readonly licenses: string },
  release: Release,
): Readonly<Record<string, string>> {
  return {
    'org.opencontainers.image.title': image.title,
    'org.opencontainers.image.description': image.description,
    'org.opencontainers.image.version': release.version,
    'org.opencontainers.image.revision': release.commit,
    'org.opencontainers.image.source': release.source,
    'org.opencontainers.image.licenses': image.licenses,
  };
}

/** What is the same for every image: who runs it, and which build it is. */
export function imageConfig(
  release: Release,
  labels: Readonly<Record<string, string>>,
  own: Omit<ContainerConfig, 'user' | 'labels'>,
): ContainerConfig {
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    NODE_ENV: 'production',
    PAYGUARD_VERSION: release.version,
    PAYGUARD_COMMIT: release.commit,
  };
  return { ...own, user: `${APP_OWNER.uid}:${APP_OWNER.gid}`, env: { ...env, ...own.env }, labels };
}
