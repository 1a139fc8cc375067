// The bill of materials lists what is shipped, no more and no less, and is the same wherever it is made.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from '../house/sources.ts';

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: { readonly name: string; readonly 'bom-ref': string } };
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly name: string;
    readonly purl: string;
    readonly hashes: readonly { readonly alg: string; readonly content: string }[];
    readonly licenses: readonly object[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'sbom-'));
after(() => rmSync(folder, { recursive: true }));

function made(name: string, cwd: string): string {
  const file = path.join(folder, name);
  const script = path.join(ROOT, 'cmd', 'scripts', 'sbom.ts');
  const ran = spawnSync(process.execPath, [script, file], { cwd, encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  return readFileSync(file, 'utf8');
}

const text = made('one.json', ROOT);
// The shape is CycloneDX's.
const bom = JSON.parse(text) as Bom;

void test('it is CycloneDX 1.6 of the agent', () => {
  assert.deepEqual(
    [bom.bomFormat, bom.specVersion, bom.metadata.component.name],
    ['CycloneDX', '1.6', 'genesis-agent'],
  );
  assert.match(bom.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

void test('it lists every package of the lockfile that is not for development, by its content', () => {
  // The shape is npm's own.
  const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Entry>>;
  };
  const shipped = new Map<string, string>();
  for (const [at, entry] of Object.entries(lock.packages)) {
    if (at === '' || entry.dev === true || entry.devOptional === true) continue;
    const name = at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length);
    shipped.set(`${name}@${entry.version}`, entry.integrity ?? '');
  }
  const listed = new Map(
    bom.components.map(({ 'bom-ref': ref, hashes }) => {
      const content = Buffer.from(hashes[0]?.content ?? '', 'hex').toString('base64');
      return [ref, `${hashes[0]?.alg.toLowerCase().replace('-', '')}-${content}`];
    }),
  );
  assert.deepEqual(Object.fromEntries(listed), Object.fromEntries(shipped));
  assert.deepEqual(
    bom.components.filter(({ licenses }) => licenses.length === 0).map(({ name }) => name),
    [],
  );
});

void test('what depends on what names only what is listed', () => {
  const known = new Set([bom.metadata.component['bom-ref'], ...bom.components.map((one) => one['bom-ref'])]);
  assert.deepEqual(
    bom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]).filter((ref) => !known.has(ref)),
    [],
  );
  assert.equal(bom.dependencies.length, known.size);
});

void test('it is the same from another folder, and tells nothing of the machine', () => {
  assert.equal(made('two.json', folder), text);
  for (const foreign of [ROOT, os.hostname(), os.homedir(), 'registry', 'timestamp', 'resolved']) {
    assert.ok(!text.includes(foreign), foreign);
  }
});
