// What is in an image, for those who watch for vulnerabilities: CycloneDX 1.6. A bundle has no package.json files that a
// scanner could find, so this is the only place where that stands.
import { createHash } from 'node:crypto';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import parseSpdxExpression from 'spdx-expression-parse';
import type { BundledPackage, BundledPackages } from './bundled-packages.ts';
import type { SystemPackage } from './system-packages.ts';

export type ImageContent = {
  /** `payguard/points` and its tag. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly licenses: string;
  /** In the bundles. */
  readonly packages: BundledPackages;
  /** The shared libraries that Node needs are of these; none where they are another's, as in a Dockerfile's base. */
  readonly systemPackages: readonly SystemPackage[];
};

/** What Node's own `process.versions` names beside libraries: interfaces and data. */
const NO_LIBRARIES = ['node', 'modules', 'napi', 'cldr', 'tz', 'unicode'];

/** Only forms that a reader must not guess: everything else is a licence by name. */
const licenses = new Contrib.License.Factories.LicenseFactory((text) => {
  parseSpdxExpression(text);
});
const components = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  licenses,
);

/** As JSON text. No time and no random number: the same content gives the same text. */
export function billOfMaterials(content: ImageContent): string {
  const root = new Models.Component(Enums.ComponentType.Container, content.name, {
    bomRef: content.name,
    version: content.version,
    description: content.description,
    licenses: new Models.LicenseRepository([licenses.makeFromString(content.licenses)]),
  });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: root }) });
  addBundled(bom, root, content.packages);
  const node = nodeComponent();
  for (const library of content.systemPackages.map(systemComponent)) {
    bom.components.add(library);
    node.dependencies.add(library.bomRef);
  }
  bom.components.add(node);
  root.dependencies.add(node.bomRef);
  bom.serialNumber = serialNumber(serialize(bom));
  return serialize(bom);
}

function addBundled(bom: Models.Bom, root: Models.Component, packages: BundledPackages): void {
  const byFolder = new Map(packages.all.map((entry) => [entry.folder, npmComponent(entry)]));
  for (const entry of packages.all) {
    const component = byFolder.get(entry.folder);
    if (component === undefined) continue;
    bom.components.add(component);
    if (packages.direct.has(entry.folder)) root.dependencies.add(component.bomRef);
    for (const folder of entry.imports) {
      const imported = byFolder.get(folder);
      if (imported !== undefined) component.dependencies.add(imported.bomRef);
    }
  }
}

function npmComponent({ packageJson }: BundledPackage): Models.Component {
  const { name, version } = packageJson;
  const made = components.makeComponent(packageJson);
  if (made === undefined) throw new Error(`${name} is no package name.`);
  const [scope, bare] = name.startsWith('@') ? name.split('/', 2) : [undefined, name];
  made.purl = new PackageURL('npm', scope, bare ?? name, version, undefined, undefined).toString();
  made.bomRef.value = made.purl;
  return made;
}

/** The Node that is building is the Node in the image; what is linked into it has no file of its own. */
function nodeComponent(): Models.Component {
  const version = process.versions.node;
  const linked = Object.entries(process.versions).filter(([name, of]) => of && !NO_LIBRARIES.includes(name));
  return new Models.Component(Enums.ComponentType.Platform, 'node', {
    bomRef: `pkg:generic/node@${version}`,
    version,
    purl: `pkg:generic/node@${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    licenses: new Models.LicenseRepository([licenses.makeFromString('MIT')]),
    components: new Models.ComponentRepository(
      linked.map(([name, of]) => {
        const purl = new PackageURL('generic', undefined, name, of, undefined, undefined).toString();
        return new Models.Component(Enums.ComponentType.Library, name, { bomRef: purl, version: of ?? '', purl });
      }),
    ),
  });
}

function systemComponent({ name, version, architecture }: SystemPackage): Models.Component {
  const qualifiers = architecture === undefined ? undefined : { arch: architecture };
  const purl = new PackageURL('deb', 'debian', name, version, qualifiers, undefined).toString();
  return new Models.Component(Enums.ComponentType.Library, name, { bomRef: purl, version, purl });
}

function serialize(bom: Models.Bom): string {
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return serializer.serialize(bom, { sortLists: true, space: 2 });
}

/** A UUID of version 8: made of the content. */
function serialNumber(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
