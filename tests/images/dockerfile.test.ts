import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { imageConfig, imageLabels } from '../../scripts/images/image-identity.ts';
import { programImages } from '../../scripts/images/program-images.ts';
import { readRelease } from '../../scripts/images/release.ts';

const DOCKERFILE = readFileSync(join(import.meta.dirname, '../../deploy/images/Dockerfile'), 'utf8').replaceAll(
  '\\\n',
  ' ',
);

/** As the Dockerfile names a build argument. */
const argument = (name: string) => ['$', '{', name, '}'].join('');
const RELEASE = { ...readRelease({ commit: argument('COMMIT') }), version: argument('VERSION') };
const LABEL = /(org\.[a-z.]+)="([^"]*)"/g;

/** The lines of each stage, by its name. */
const STAGES = new Map(
  DOCKERFILE.split(/^FROM /m).map((text) => [/^\S+ AS (\S+)/.exec(text)?.[1] ?? '', text] as const),
);

function stage(name: string): string {
  return STAGES.get(name) ?? '';
}

describe('the Dockerfile', () => {
  it('has a target for each image that npm run images makes, and no other', () => {
    expect([...STAGES.keys()].filter(Boolean)).toEqual(['build', 'base', ...programImages().keys()]);
  });

  it.each([...programImages().values()])('makes $name as npm run images makes it', (image) => {
    const text = stage(image.name);
    const entrypoint = ['node', `/app/${image.entrypoint}.mjs`];
    expect(JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? '[]')).toEqual(entrypoint);
    expect(/^EXPOSE (.*)$/m.exec(text)?.[1]?.split(' ') ?? []).toEqual(image.ports);
    expect(text).toContain(`COPY --from=build /images/${image.name}/app /app\n`);
    const labels = Object.fromEntries(
      [...`${stage('base')}${text}`.matchAll(LABEL)].map(([, name, value]) => [name, value]),
    );
    expect(labels).toEqual(imageLabels(image, RELEASE));
  });

  it('runs them in the same environment, as the same user, in the version of the sources', () => {
    const { user, env } = imageConfig(RELEASE, {}, { env: {}, entrypoint: [], workingDir: '/app' });
    const text = stage('base');
    const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    expect(/^ENV (.*)$/m.exec(text)?.[1]?.split(' ')).toEqual(pairs);
    expect(text).toMatch(new RegExp(`^USER ${user}$`, 'm'));
    expect(text).toMatch(new RegExp(`^ARG VERSION=${packageJson.version}$`, 'm'));
    expect(text).toMatch(/^WORKDIR \/app$/m);
  });

  it('leaves both images that it stands on to be pinned by digest', () => {
    expect([...DOCKERFILE.matchAll(/^FROM (\S+)/gm)].map(([, from]) => from).slice(0, 2)).toEqual([
      argument('BUILD_IMAGE'),
      argument('BASE_IMAGE'),
    ]);
    expect(DOCKERFILE).not.toMatch(/:latest/);
  });
});
