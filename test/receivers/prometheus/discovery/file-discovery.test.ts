import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { FileDiscovery } from '../../../../receivers/prometheus/discovery/file-discovery.ts';
import { Watching } from './watching.ts';

let folder: string;
let running: FileDiscovery[];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'file-discovery-'));
  running = [];
});

afterEach(async () => {
  for (const discovery of running) await discovery.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => path.join(folder, name);
const write = (name: string, text: string): void => writeFileSync(at(name), text);
const json = (...targets: readonly string[]): string => JSON.stringify([{ targets, labels: { zone: 'z' } }]);

async function watching(files: readonly string[], refreshIntervalMs = 60_000): Promise<Watching> {
  const seen = new Watching();
  const discovery = new FileDiscovery({ kind: 'file', files: files.map(at), refreshIntervalMs }, seen.log);
  running.push(discovery);
  await seen.start(discovery);
  return seen;
}

void test('JSON and YAML files, by name and by pattern', async () => {
  write('a.json', json('a:1', 'a:2'));
  write('b.yml', '- targets: [b:1]\n  labels: {shard: 7}\n- targets:\n  - b:2\n');
  write('c.yaml', '- targets: [c:1]\n');
  write('other.txt', 'x');
  const seen = await watching(['a.json', '*.y*ml']);
  await seen.finds('a:1', 'a:2', 'b:1', 'b:2', 'c:1');
  const [first] = seen.groups.get(at('b.yml')) ?? [];
  assert.equal(first?.source, `${at('b.yml')}:0`);
  assert.deepEqual(
    first?.labels,
    new Map([
      ['shard', '7'],
      ['__meta_filepath', at('b.yml')],
    ]),
  );
  assert.deepEqual(seen.logged, []);
});

void test('changes are seen at once: written, replaced, added, removed', async () => {
  write('a.json', json('a:1'));
  const seen = await watching(['*.json']);
  await seen.finds('a:1');
  write('a.json', json('a:2'));
  await seen.finds('a:2');
  write('new', json('a:3'));
  renameSync(at('new'), at('a.json'));
  await seen.finds('a:3');
  write('b.json', json('b:1'));
  await seen.finds('a:3', 'b:1');
  unlinkSync(at('a.json'));
  await seen.finds('b:1');
});

void test('a folder that is exchanged by a link, as Kubernetes does it', async () => {
  for (const name of ['one', 'two']) {
    mkdirSync(at(name));
    write(`${name}/targets.json`, json(`${name}:1`));
  }
  symlinkSync('one', at('data'));
  symlinkSync('data/targets.json', at('targets.json'));
  const seen = await watching(['targets.json']);
  await seen.finds('one:1');
  symlinkSync('two', at('next'));
  renameSync(at('next'), at('data'));
  await seen.finds('two:1');
});

void test('a broken file keeps its targets and is told once, as is its mending', async () => {
  write('a.json', json('a:1'));
  write('b.json', json('b:1'));
  const seen = await watching(['*.json'], 20);
  await seen.finds('a:1', 'b:1');
  write('a.json', '[{"targets": ["a:2"]');
  write('b.json', json('b:2'));
  await seen.finds('a:1', 'b:2');
  await seen.logs(/^warn service discovery failed; the targets known so far stay .*a\.json: /);
  write('b.json', json('b:3'));
  await seen.finds('a:1', 'b:3');
  assert.equal(seen.logged.length, 1, seen.logged.join('\n'));
  write('a.json', json('a:4'));
  await seen.finds('a:4', 'b:3');
  await seen.logs(/^info service discovery works again/);
});

void test('what is wrong with a file is said with its place', async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['x.json', '{"targets": []}', /expected a list of target groups/],
    ['x.json', '[{"targets": ["a"]}, null]', /group 2: expected a map with targets and labels/],
    ['x.json', '[{"target": ["a"]}]', /group 1: the key \\"target\\" is unknown; known are targets and labels/],
    ['x.json', '[{"targets": [1]}]', /group 1: expected every target to be text, host:port/],
    ['x.json', '[{"targets": ["a"], "labels": {"x": 1}}]', /group 1: expected the label x to be text/],
    ['x.json', '[{"targets": ["a"], "labels": {"": "x"}}]', /group 1: \\"\\" is not a label name/],
    ['x.yml', '- targets: [a\n', /x\.yml:\d+:\d+: /],
    ['x.yml', '- targets: a\n', /group 1: expected targets to be a list/],
  ];
  for (const [name, text, expected] of cases) {
    write(name, text);
    const seen = await watching([name]);
    await seen.logs(expected);
    assert.deepEqual(seen.addresses, []);
  }
});

void test('a file that is too large is not read', async () => {
  write('a.json', json('a:1'));
  const seen = await watching(['a.json']);
  await seen.finds('a:1');
  truncateSync(at('a.json'), (32 << 20) + 1);
  await seen.logs(/33554433 bytes, more than the 33554432 that are read/);
  assert.deepEqual(seen.addresses, ['a:1']);
});

void test('a folder that comes later is found at the interval, and nothing is told after the end', async () => {
  const seen = await watching(['later/a.json'], 20);
  await seen.until(() => seen.calls === 0, 'silence');
  mkdirSync(at('later'));
  write('later/a.json', json('a:1'));
  await seen.finds('a:1');
  for (const discovery of running) await discovery.stop();
  const { calls } = seen;
  write('later/a.json', json('a:2'));
  const other = await watching(['later/a.json'], 20);
  await other.finds('a:2');
  assert.equal(seen.calls, calls);
});
