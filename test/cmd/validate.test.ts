import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { run as printConfig } from '../../cmd/print-config.ts';
import { run as schema } from '../../cmd/schema.ts';
import { run as validate } from '../../cmd/validate.ts';
import type { Io } from '../../cmd/io.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'validate-'));
after(() => rmSync(folder, { recursive: true }));

const GOOD = `
receivers: {otlp: {protocols: {grpc: }}}
exporters: {otlp_grpc: {endpoint: "localhost:4317", headers: {authorization: secret}}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}
`;

function file(name: string, text: string): string {
  const full = path.join(folder, name);
  writeFileSync(full, text);
  return full;
}

function capture(): { io: Io; out: () => string; err: () => string } {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    env: {},
  };
  return { io, out: () => out.join(''), err: () => err.join('') };
}

void test('a good configuration is valid, a bad one is refused with its places', async () => {
  const good = capture();
  assert.equal(await validate(['--config', file('good.yaml', GOOD)], good.io), 0);
  assert.equal(good.out(), 'valid\n');
  const bad = capture();
  const code = await validate(
    ['--config', file('good.yaml', GOOD), '--set', 'exporters.otlp_grpc.timeout=soon'],
    bad.io,
  );
  assert.equal(code, 1);
  assert.match(bad.err(), /^--set exporters.*"soon" is not a duration/);
  const none = capture();
  assert.equal(await validate([], none.io), 1);
});

void test('--each judges every file on its own, one JSON line each', async () => {
  const files = [
    file('good.yaml', GOOD),
    file('missing.yaml', GOOD.replaceAll('otlp_grpc', 'no_such_thing')),
    file('wrong.yaml', GOOD.replace('endpoint', 'endpiont')),
    file('broken.yaml', 'receivers: [\n'),
    path.join(folder, 'not-there.yaml'),
  ];
  const { io, out } = capture();
  assert.equal(await validate(['--each', '--format', 'json', ...files], io), 1);
  const lines = out()
    .trimEnd()
    .split('\n')
    .map((line) => Object(JSON.parse(line)));
  assert.deepEqual(
    lines.map((line) => [line.file, line.verdict, line.unavailable, line.errors.length > 0, line.syntax]),
    [
      [files[0], 'valid', [], false, undefined],
      [files[1], 'unavailable', ['no_such_thing'], false, undefined],
      [files[2], 'refused', [], true, undefined],
      [files[3], 'refused', [], true, true],
      [files[4], 'refused', [], true, undefined],
    ],
  );
  const unknown = lines[2].errors.find((error: { code: string }) => error.code === 'CONFIG_KEY_UNKNOWN');
  assert.deepEqual([unknown.source, unknown.line, unknown.column], [files[2], 3, 25]);
  assert.equal(unknown.path, 'exporters::otlp_grpc::endpiont');
  const text = capture();
  assert.equal(await validate(['--each', files[0] ?? ''], text.io), 0);
  assert.equal(text.out(), `${files[0]}: valid\n`);
});

void test('print-config shows defaults and hides secrets; schema is JSON', async () => {
  const printed = capture();
  assert.equal(await printConfig(['--config', file('good.yaml', GOOD)], printed.io), 0);
  assert.match(printed.out(), /authorization: "\[REDACTED\]"/);
  assert.match(printed.out(), /initial_interval: 5s/);
  assert.doesNotMatch(printed.out(), /secret/);
  const bad = capture();
  assert.equal(await printConfig(['--config', file('bad.yaml', 'x: 1')], bad.io), 1);
  assert.equal(bad.out(), '');
  const described = capture();
  assert.equal(await schema([], described.io), 0);
  assert.equal(Object(JSON.parse(described.out())).title, 'genesis-agent configuration');
});
