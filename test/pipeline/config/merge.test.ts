import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { entryOf, toPlain } from '../../../pipeline/config/node.ts';
import { resolveConfiguration } from '../../../pipeline/config/resolve.ts';

const golden = fileURLToPath(new URL('../../data/golden-core/', import.meta.url));

const scenarios = z.array(z.object({ name: z.string(), configs: z.array(z.unknown()), expected: z.unknown() }));

async function merged(
  uris: readonly string[],
  options: { sets?: readonly string[]; joinLists?: boolean } = {},
): Promise<unknown> {
  const { root, errors } = await resolveConfiguration({ uris, env: {}, ...options });
  assert.deepEqual(errors.map(String), []);
  assert.ok(root);
  return toPlain(root);
}

for (const [file, joinLists] of [
  ['merge-append-scenarios-featuregate-disabled', false],
  ['merge-append-scenarios', true],
] as const) {
  const text = readFileSync(`${golden}confmap/testdata/${file}.yaml`, 'utf8');
  for (const { name, configs, expected } of scenarios.parse(parse(text))) {
    void test(`${file}: ${name}`, async () => {
      const sources = configs.map((config) => `yaml:${stringify(config)}`);
      assert.deepEqual(await merged(sources, { joinLists }), expected);
    });
  }
}

void test('the configurations of the collector merge to its output', async () => {
  const folder = `${golden}otelcol/testdata/configs/`;
  const sources = [`${folder}1-config-first.yaml`, `file:${folder}1-config-second.yaml`];
  const read = (file: string): unknown => parse(readFileSync(`${folder}${file}`, 'utf8'));
  assert.deepEqual(await merged(sources), read('1-config-output.yaml'));
});

void test('keys with :: and plain keys mean the same', async () => {
  const values = { floating: { point: { example: 3.14 } }, integer: { example: 1234 }, bool: { example: false } };
  const text = { string: { example: 'this is a string' }, nil: { example: null } };
  assert.deepEqual(await merged([`${golden}confmap/internal/testdata/embedded_keys.yaml`]), {
    typed: { options: { ...values, ...text } },
  });
});

void test('null erases an earlier section, an empty map leaves it, lists are replaced', async () => {
  const base = 'yaml:a: {x: 1}\nb: {x: 1}\nc: [1, 2]\nd: 5';
  assert.deepEqual(await merged([base, 'yaml:a: \nb: {}\nc: [3]']), { a: null, b: { x: 1 }, c: [3], d: 5 });
  assert.deepEqual(await merged([base, 'yaml:']), { a: { x: 1 }, b: { x: 1 }, c: [1, 2], d: 5 });
  assert.deepEqual(await merged(['yaml:a: ', 'yaml:a: {x: 1}']), { a: { x: 1 } });
});

void test('--set comes last and may name new keys', async () => {
  const sets = ['processors.batch.timeout=2s', 'processors::batch::size = 10', 'list=[a, b]', 'text=a=b', 'nothing='];
  assert.deepEqual(await merged(['yaml:processors: {batch: {timeout: 1s, other: 1}}'], { sets }), {
    processors: { batch: { timeout: '2s', other: 1, size: 10 } },
    list: ['a', 'b'],
    text: 'a=b',
    nothing: null,
  });
  const { errors } = await resolveConfiguration({ uris: [], sets: ['no-equals', '=5'], env: {} });
  assert.deepEqual(
    errors.map((error) => error.code),
    ['CONFIG_SET_INVALID', 'CONFIG_SET_INVALID'],
  );
});

void test('every value keeps the place where it was written last', async () => {
  const { root } = await resolveConfiguration({
    uris: ['yaml:a:\n  x: 1\n  y: 2', 'yaml:a:\n\n\n  y: 3'],
    sets: ['a.z=4'],
    env: {},
  });
  const a = entryOf(root, 'a')?.node;
  const lineOf = (key: string): string => `${entryOf(a, key)?.node.at.source}:${entryOf(a, key)?.node.at.line}`;
  assert.match(lineOf('x'), /^yaml:a:\.\.\.:2$/);
  assert.match(lineOf('y'), /^yaml:a:\.\.\.:4$/);
  assert.equal(lineOf('z'), '--set a.z:1');
});

const problems = async (uri: string): Promise<string> => {
  const { errors, syntax } = await resolveConfiguration({ uris: [uri], env: {} });
  return `${errors.map(String).join()} ${syntax}`;
};

void test('a source that is no map is refused', async () => {
  assert.match(await problems('yaml:[1]'), /expected a map of sections, found a list.*CONFIG_NOT_A_MAP\] false/);
  assert.match(await problems('yaml:just text'), /found a single value.*CONFIG_NOT_A_MAP\] false/);
  assert.match(await problems('yaml:a: [1'), /CONFIG_SYNTAX\] true/);
});
