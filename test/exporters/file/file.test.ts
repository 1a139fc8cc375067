import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { batchOf, joinChunks } from '../../../pipeline/batch.ts';
import type { Exporter } from '../../../pipeline/component.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import file from '../../../exporters/file/index.ts';
import { protoToJson } from '../../../proto/json/encode.ts';
import { SOON, testContext, type TestContext } from '../../support/context.ts';
import { attributes, batchOfJson, decoded } from '../../support/processor.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'file-exporter-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function newPath(ending = '.json'): string {
  files += 1;
  return path.join(folder, `${files}${ending}`);
}

interface Started {
  readonly exporter: Exporter;
  readonly test: TestContext;
  readonly stop: () => Promise<void>;
}

async function started(settings: Readonly<Record<string, unknown>>): Promise<Started> {
  const context = testContext({ kind: 'exporter', id: 'file' });
  const exporter = file.create(file.config.parse(settings), context.context);
  await exporter.start();
  return { exporter, test: context, stop: () => exporter.stop(SOON()) };
}

const traces = (name: string, resource: Readonly<Record<string, unknown>> = {}): object => ({
  resourceSpans: [{ resource: { attributes: attributes(resource) }, scopeSpans: [{ spans: [{ name }] }] }],
});
const ONE = batchOfJson('traces', traces('one'));
const TWO = batchOfJson('traces', traces('two'));

/** Requests after their lengths. */
function framed(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    messages.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return messages;
}

const unpack = (bytes: Buffer): Buffer => zstdDecompressSync(bytes);

const isClearStartError = (error: unknown): boolean =>
  error instanceof AgentError && error.code === 'START_FAILED' && error.toString().includes('create_directory');

const profilesOf = (segment: string): object => ({
  resource: { attributes: attributes({ 'fileexporter.path_segment': segment }) },
  scopeProfiles: [{ profiles: [{ samples: [{}] }] }],
});

const jsonOf = (batch: typeof ONE): string => protoToJson(batch.signal, joinChunks(batch));

void test('json: a request a line, of every signal, acknowledged when it is in the file', async () => {
  const target = newPath();
  const { exporter, stop, test: context } = await started({ path: target });
  const logs = batchOfJson('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityText: 'a' }] }] }] });
  await exporter.consume(ONE);
  assert.equal(readFileSync(target, 'utf8'), `${jsonOf(ONE)}\n`);
  await Promise.all([exporter.consume(TWO), exporter.consume(logs), exporter.consume(ONE)]);
  await stop();
  assert.deepEqual(
    readFileSync(target, 'utf8').trimEnd().split('\n').toSorted(),
    [ONE, TWO, logs, ONE].map(jsonOf).toSorted(),
  );
  assert.equal(context.metric('otelcol_exporter_sent_spans'), 3);
  assert.equal(context.metric('otelcol_exporter_sent_log_records'), 1);
});

void test('proto, and compressed json and proto: each request after its length', async () => {
  const plain = newPath('.bin');
  const packed = newPath('.bin');
  const json = newPath('.bin');
  for (const settings of [
    { path: plain, format: 'proto' },
    { path: packed, format: 'proto', compression: 'zstd' },
    { path: json, compression: 'zstd' },
  ]) {
    const { exporter, stop } = await started(settings);
    await exporter.consume(ONE);
    await exporter.consume(TWO);
    await stop();
  }
  const expected = [ONE, TWO].map((batch) => Buffer.from(joinChunks(batch)));
  assert.deepEqual(framed(readFileSync(plain)), expected);
  assert.deepEqual(framed(readFileSync(packed)).map(unpack), expected);
  assert.deepEqual(
    framed(readFileSync(json)).map((one) => unpack(one).toString()),
    [ONE, TWO].map(jsonOf),
  );
});

void test('a file is emptied at start, or appended to', async () => {
  const target = newPath();
  for (const append of [false, false, true]) {
    const { exporter, stop } = await started({ path: target, append });
    await exporter.consume(ONE);
    await stop();
  }
  assert.equal(readFileSync(target, 'utf8'), `${jsonOf(ONE)}\n${jsonOf(ONE)}\n`);
});

void test('rotation begins new files by size and deletes the old ones that are too many or too old', async () => {
  const target = newPath('.jsonl');
  const name = path.basename(target, '.jsonl');
  const big = batchOfJson('traces', traces('x'.repeat(600_000)));
  const old = path.join(folder, `${name}-2020-01-01T00-00-00.000.jsonl`);
  const other = path.join(folder, `${name}-2020-01-01.jsonl`);
  writeFileSync(old, '');
  writeFileSync(other, '');
  writeFileSync(target, 'earlier\n');
  const settings = { path: target, rotation: { max_megabytes: 1, max_backups: 2, max_days: 30 } };
  const { exporter, stop } = await started(settings);
  assert.ok(!existsSync(old), 'older than max_days');
  assert.ok(existsSync(other), 'not a name of a backup');
  for (let count = 0; count < 5; count++) await exporter.consume(big);
  await stop();
  const backups = readdirSync(folder).filter((entry) => entry.startsWith(`${name}-2026`));
  // The clock stands still, so the times in the names are made different.
  assert.deepEqual(backups, [
    `${name}-2026-01-02T00-00-00.002-size.jsonl`,
    `${name}-2026-01-02T00-00-00.003-size.jsonl`,
  ]);
  for (const entry of [...backups, path.basename(target)]) {
    assert.equal(readFileSync(path.join(folder, entry), 'utf8'), `${jsonOf(big)}\n`);
  }
});

void test('a request larger than a file may be is rejected, and the next one written', async () => {
  const target = newPath();
  const { exporter, stop } = await started({ path: target, rotation: { max_megabytes: 1 } });
  const huge = batchOfJson('traces', traces('x'.repeat(1 << 21)));
  await assert.rejects(exporter.consume(huge), (error) => error instanceof Rejected && error.kind === 'too_large');
  await exporter.consume(ONE);
  await stop();
  assert.equal(readFileSync(target, 'utf8'), `${jsonOf(ONE)}\n`);
});

void test('group_by writes a file per value, inside its folder, and says what it drops', async () => {
  const base = path.join(folder, 'groups');
  const {
    exporter,
    stop,
    test: context,
  } = await started({
    path: `${base}/*.json`,
    group_by: { enabled: true, resource_attribute: 'tenant', max_open_files: 1 },
  });
  const tenants = ['a', 'b/c', '../../escape', 'a'];
  const resourceSpans = [
    ...tenants.map((tenant) => ({
      resource: { attributes: attributes({ tenant }) },
      scopeSpans: [{ spans: [{ name: tenant }] }],
    })),
    { resource: { attributes: attributes({ tenant: 5 }) }, scopeSpans: [{ spans: [{ name: 'number' }, {}] }] },
  ];
  const batch = batchOfJson('traces', { resourceSpans });
  await exporter.consume(batch);
  await exporter.consume(batch);
  await stop();
  const names = (entry: string): unknown[] =>
    readFileSync(path.join(base, entry), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => [...line.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name));
  assert.deepEqual(names('a.json'), [
    ['a', 'a'],
    ['a', 'a'],
  ]);
  assert.deepEqual(names('b/c.json'), [['b/c'], ['b/c']]);
  assert.deepEqual(names('escape.json'), [['../../escape'], ['../../escape']]);
  assert.ok(!existsSync(path.join(folder, 'escape.json')));
  const [drop] = context.drops();
  assert.equal(drop?.rule, 'no_path_segment');
  assert.equal(
    context.drops().reduce((sum, { count }) => sum + count, 0),
    4,
  );
});

void test('the dictionary of profiles goes into every file of group_by', async () => {
  const base = path.join(folder, 'profiles');
  const { exporter, stop } = await started({ path: `${base}/*`, format: 'proto', group_by: { enabled: true } });
  const dictionary = { stringTable: ['', 'x'] };
  await exporter.consume(batchOfJson('profiles', { resourceProfiles: [profilesOf('p'), profilesOf('q')], dictionary }));
  await stop();
  for (const segment of ['p', 'q']) {
    const [message = Buffer.alloc(0)] = framed(readFileSync(path.join(base, segment)));
    const request = decoded(batchOf('profiles', message, 1));
    const stringTable = [...dictionary.stringTable, 'fileexporter.path_segment', segment];
    assert.deepEqual(request['dictionary'], { stringTable }, 'with the texts of attributes behind its own');
    assert.equal((request['resourceProfiles'] as unknown[]).length, 1);
  }
});

void test('a full disk refuses, so that the sender tries again', { skip: !existsSync('/dev/full') }, async () => {
  const { exporter, stop, test: context } = await started({ path: '/dev/full', append: true });
  await assert.rejects(
    exporter.consume(ONE),
    (error) => error instanceof Refused && /\/dev\/full can not be written: .*ENOSPC/.test(error.message),
  );
  assert.equal(context.metric('otelcol_exporter_send_failed_spans'), 1);
  await stop();
});

void test('what is written by halves is taken out again, whoever else has shortened the file', () => {
  const script = fileURLToPath(new URL('write-with-limit.ts', import.meta.url));
  const run = (mode: string, target: string): unknown => {
    // Files of the child may have 8 blocks of 512 bytes; a larger write is cut off there.
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, script, mode, target],
      { encoding: 'utf8' },
    );
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  };
  const kept = newPath();
  assert.deepEqual(run('keep', kept), ['taken', 'Refused', 'taken']);
  assert.equal(readFileSync(kept, 'utf8'), `${jsonOf(ONE)}\n${jsonOf(ONE)}\n`);
  const emptied = newPath();
  assert.deepEqual(run('empty', emptied), ['taken', 'Refused', 'taken']);
  assert.equal(readFileSync(emptied, 'utf8'), `${jsonOf(ONE)}\n`);
});

void test('files may grow beyond what 32 bits can count', async () => {
  const target = newPath();
  const { exporter, stop } = await started({ path: target, rotation: { max_megabytes: 4096 } });
  await exporter.consume(ONE);
  await exporter.consume(TWO);
  await stop();
  assert.equal(readFileSync(target, 'utf8'), `${jsonOf(ONE)}\n${jsonOf(TWO)}\n`);
});

void test('malformed bytes are rejected', async () => {
  const { exporter, stop } = await started({ path: newPath() });
  await assert.rejects(
    exporter.consume(batchOf('traces', Uint8Array.of(0x0a, 0x05, 0x0a), 2)),
    (error) => error instanceof Rejected && error.count === 2,
  );
  await stop();
});

void test('a file that can not be opened stops the start, with what to do', async () => {
  const missing = path.join(folder, 'none', 'x.json');
  await assert.rejects(started({ path: missing }), isClearStartError);
  await assert.rejects(started({ path: folder }), isClearStartError);
  await assert.rejects(started({ path: missing, encoding: 'otlp_encoding' }), /not available/);
  const { stop } = await started({ path: missing, create_directory: true, directory_permissions: '0700' });
  await stop();
  assert.equal(statSync(path.dirname(missing)).mode & 0o777, 0o700);
  chmodSync(path.dirname(missing), 0o755);
});

void test('stopping waits for what is being written, and can be done right after creation', async () => {
  const target = newPath();
  const { exporter, stop } = await started({ path: target });
  const sends = Promise.all(Array.from({ length: 50 }, () => exporter.consume(ONE)));
  await Promise.all([sends, stop()]);
  assert.equal(readFileSync(target, 'utf8').split('\n').length, 51);
  const unstarted = file.create(
    file.config.parse({ path: newPath() }),
    testContext({ kind: 'exporter', id: 'file' }).context,
  );
  await unstarted.stop(SOON());
});

void test('bad settings are refused, and those of the collector taken', () => {
  const bad: readonly (readonly [object, RegExp])[] = [
    [{}, /path must be non-empty/],
    [{ path: 'x', append: true, rotation: {} }, /append and rotation/],
    [{ path: 'x', format: 'text' }, /json/],
    [{ path: 'x', compression: 'gzip' }, /zstd/],
    [{ path: 'x', flush_interval: '-1s' }, /flush_interval/],
    [{ path: 'x', group_by: { enabled: true } }, /exactly one/],
    [{ path: '*x', group_by: { enabled: true } }, /must not start/],
    [{ path: 'x*', group_by: { enabled: true, resource_attribute: '' } }, /must not be empty/],
    [{ path: 'x', directory_permissions: '0755' }, /requires create_directory/],
    [{ path: 'x', create_directory: true, directory_permissions: '0888' }, /octal/],
    [{ path: 'x', create_directory: true, directory_permissions: '7777' }, /octal/],
    [{ path: 'x', sending_queue: {} }, /sending_queue/],
  ];
  for (const [settings, message] of bad) assert.throws(() => file.config.parse(settings), message);
  const parsed = file.config.parse({ path: 'x', rotation: null, flush_interval: 5_000_000_000 });
  assert.deepEqual(parsed.rotation, { max_megabytes: 0, max_days: 0, max_backups: 100, localtime: false });
  assert.equal(parsed.flush_interval, 5000);
});
