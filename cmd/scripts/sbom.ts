// Writes the bill of materials of what is shipped, as CycloneDX 1.6: `npm run sbom [-- FILE]`, dist/sbom.cdx.json unless
// told otherwise. The same lockfile gives the same bytes on every machine: no time, no paths, no registry.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const output = path.resolve(process.argv[2] ?? path.join(ROOT, 'dist', 'sbom.cdx.json'));

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly scope?: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly object[];
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** What `npm sbom` prints, as far as it is used. */
interface NpmBom {
  readonly metadata: { readonly component: Component & { readonly description?: string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

// The shapes are npm's own.
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Manifest;
const bom = JSON.parse(
  execFileSync('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  }),
) as NpmBom;

/**
 * What the shipped packages lead to. Not `npm sbom --omit=dev`: that leaves out packages that development tools need as well
 * (npm 11.19 loses zod and yaml).
 */
function shipped(): ReadonlySet<string> {
  const next = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const found = new Set<string>();
  const waiting = Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies }).map(
    ([name, version]) => `${name}@${version}`,
  );
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    if (found.has(ref)) continue;
    const dependsOn = next.get(ref);
    if (!dependsOn) throw new Error(`npm sbom does not know ${ref}; is package-lock.json that of package.json?`);
    found.add(ref);
    waiting.push(...dependsOn);
  }
  return found;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A UUID of version 8 (RFC 9562) that says what the text is. */
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

const refs = shipped();
const { component: root } = bom.metadata;
const rootRef = root['bom-ref'];
const direct = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
const nameOf = new Map(bom.components.map((component) => [component['bom-ref'], component.name]));

const contents = {
  metadata: {
    lifecycles: [{ phase: 'pre-build' }],
    tools: { components: [{ type: 'application', name: 'npm sbom' }] },
    component: {
      'bom-ref': rootRef,
      type: 'application',
      // npm takes the folder's name.
      name: manifest.name,
      version: root.version,
      description: root.description,
      licenses: root.licenses,
      purl: root.purl,
    },
  },
  components: bom.components
    .filter((component) => refs.has(component['bom-ref']))
    .map((component) => ({
      'bom-ref': component['bom-ref'],
      type: 'library',
      name: component.name,
      version: component.version,
      // One of the runtimes is shipped, the one of the platform.
      scope: component.scope ?? 'required',
      hashes: component.hashes,
      licenses: component.licenses,
      purl: component.purl,
    }))
    .toSorted((a, b) => byText(a['bom-ref'], b['bom-ref'])),
  dependencies: bom.dependencies
    .filter(({ ref }) => ref === rootRef || refs.has(ref))
    .map(({ ref, dependsOn }) => ({
      ref,
      dependsOn: dependsOn
        .filter((to) => refs.has(to) && (ref !== rootRef || direct.has(nameOf.get(to) ?? '')))
        .toSorted(byText),
    }))
    .toSorted((a, b) => byText(a.ref, b.ref)),
};

const document = {
  $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  serialNumber: serialNumber(JSON.stringify(contents)),
  version: 1,
  ...contents,
};

mkdirSync(path.dirname(output), { recursive: true });
writeFileSync(output, `${JSON.stringify(document, null, 2)}\n`);
process.stdout.write(`${path.relative(process.cwd(), output)}: ${refs.size} packages\n`);
