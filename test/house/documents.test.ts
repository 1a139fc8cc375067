// What the documents say is so: links lead somewhere, commands exist, and the README's first minutes are those of agent.yaml.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { registry } from '../../cmd/registry.ts';
import { describeSchema } from '../../cmd/scripts/schema-rows.ts';
import { loadConfiguration } from '../../pipeline/config/load.ts';
import { serviceSettings } from '../../pipeline/config/service.ts';
import { ROOT } from './sources.ts';

const DOCUMENTS = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && !file.startsWith('test/data/') && existsSync(path.join(ROOT, file)));

function text(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

void test('every link within the project leads to a file', () => {
  const broken: string[] = [];
  for (const file of DOCUMENTS) {
    for (const [, target = ''] of text(file).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      if (!existsSync(path.join(ROOT, path.dirname(file), target))) broken.push(`${file}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

void test('every npm script that is mentioned exists', () => {
  // The shape is npm's own.
  const { scripts } = JSON.parse(text('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  const missing = DOCUMENTS.flatMap((file) =>
    [...text(file).matchAll(/\bnpm run ([a-z:]+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !Object.hasOwn(scripts, name))
      .map((name) => `${file}: npm run ${name}`),
  );
  assert.deepEqual(missing, []);
});

void test('every setting of the service section says what it means', () => {
  const silent = describeSchema(serviceSettings).filter(({ description }) => description.trim() === '');
  assert.deepEqual(
    silent.map((row) => row.path),
    [],
  );
});

void test('ARCHITECTURE.md stays a page, and names only what is there', () => {
  const page = text('ARCHITECTURE.md');
  assert.ok(page.split('\n').length <= 200);
  for (const [, named = ''] of page.matchAll(/`([a-z][\w./-]*\/[\w./-]*\.ts)`/g)) {
    assert.ok(existsSync(path.join(ROOT, named)), named);
  }
});

for (const example of ['host-agent.yaml', 'prometheus.yaml', 'prometheus-agent.yaml']) {
  void test(`examples/${example} is valid`, async () => {
    const { verdict, errors } = await loadConfiguration({
      uris: [path.join(ROOT, 'examples', example)],
      env: {},
      registry,
    });
    assert.equal(verdict, 'valid', errors.join('\n'));
  });
}

void test('agent.yaml is valid, and listens where the README says', async () => {
  const { verdict, errors } = await loadConfiguration({ uris: [path.join(ROOT, 'agent.yaml')], env: {}, registry });
  assert.equal(verdict, 'valid', errors.join('\n'));
  const readme = text('README.md');
  const addresses = [...text('agent.yaml').matchAll(/endpoint: (localhost:\d+)$/gm)].map(([, address = '']) => address);
  assert.ok(addresses.length >= 4);
  for (const address of addresses) assert.ok(readme.includes(`| \`${address}\` |`), address);
});
