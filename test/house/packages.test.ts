// What is installed is written down: pinned exactly, the same from every registry, whole for every platform, and with a reason.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from './sources.ts';

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
}

// The shapes are npm's own.
const manifest = readJson('package.json') as Manifest;
const lock = readJson('package-lock.json') as { readonly packages: Readonly<Record<string, Entry>> };
const direct = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };

void test('every package asked for is pinned, locked as pinned, and has its reason in docs/dependencies.md', () => {
  const reasons = readFileSync(path.join(ROOT, 'docs/dependencies.md'), 'utf8');
  const documented = new Set(reasons.match(/^\| [^|]+/gm)?.flatMap((cell) => cell.slice(2).trim().split(', ')));
  for (const [name, version] of Object.entries(direct)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
    assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name);
    assert.ok(documented.has(name), `${name} has no line in docs/dependencies.md`);
  }
});

void test('nothing runs when it is installed, and what is shipped would not if it might', () => {
  const settings = readFileSync(path.join(ROOT, '.npmrc'), 'utf8');
  assert.match(settings, /^ignore-scripts=true$/m);
  assert.match(settings, /^min-release-age=7$/m);
  const own = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
  assert.deepEqual(
    own.filter((name) => Object.hasOwn(manifest.scripts, name)),
    [],
  );
  const shipped = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript && entry.dev !== true);
  assert.deepEqual(
    shipped.map(([at]) => at),
    [],
  );
});

void test('the lockfile names no registry', () => {
  const named = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined);
  assert.deepEqual(
    named.map(([at]) => at),
    [],
  );
});

void test('the runtime of every platform is locked by its content', () => {
  const runtimes = Object.keys(manifest.optionalDependencies);
  assert.equal(runtimes.length, 4);
  for (const name of runtimes) assert.match(lock.packages[`node_modules/${name}`]?.integrity ?? '', /^sha512-/, name);
  assert.equal(new Set(Object.values(manifest.optionalDependencies)).size, 1);
});

// npm leaves out what the registry at hand does not have, and `npm ci` then refuses the lockfile everywhere.
void test('the lockfile lists the optional packages of every platform', () => {
  const missing: string[] = [];
  for (const [at, entry] of Object.entries(lock.packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      const isLocked =
        lock.packages[`node_modules/${name}`] !== undefined ||
        lock.packages[`${at}/node_modules/${name}`] !== undefined;
      if (!isLocked) missing.push(`${name} of ${at}`);
    }
  }
  assert.deepEqual(missing, []);
});
