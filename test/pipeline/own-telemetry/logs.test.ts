import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { AgentError } from '../../../pipeline/errors.ts';
import { AgentLogs, RECENT_ERRORS } from '../../../pipeline/own-telemetry/logs.ts';
import { ownResource, type LogsSettings } from '../../../pipeline/own-telemetry/settings.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'agent-logs-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function open(settings: LogsSettings = {}) {
  files += 1;
  const file = path.join(folder, `${files}.log`);
  const clock = { now: Date.UTC(2026, 0, 2, 3, 4, 5, 678) };
  const logs = new AgentLogs({
    settings: { output_paths: [file], ...settings },
    resource: ownResource({ version: '0.1.0', instanceId: 'one' }),
    now: () => clock.now,
  });
  return { logs, clock, file, text: () => readFileSync(file, 'utf8') };
}

const FIELDS = { 'otelcol.component.id': 'otlp', 'otelcol.component.kind': 'receiver' };

void test('console lines are time, level, message and fields', () => {
  const { logs, text } = open();
  const child = logs.child(FIELDS);
  child.info({ endpoint: 'localhost:4317', port: 4317 }, 'Starting server');
  child.debug({}, 'not at this level');
  logs.root.warn({ error: new Error('no') }, 'Failed');
  logs.close();
  assert.equal(
    text(),
    '2026-01-02T03:04:05.678Z\tinfo\tStarting server\t{"otelcol.component.id": "otlp", "otelcol.component.kind": "receiver", "endpoint": "localhost:4317", "port": 4317}\n' +
      '2026-01-02T03:04:05.678Z\twarn\tFailed\t{"error": "no"}\n',
  );
});

void test('nothing logged can forge a line or drive a terminal', () => {
  const { logs, text } = open();
  logs.root.info({ value: 'a\nb\u001b[31m' }, 'one\ntwo\u001b[31m');
  logs.close();
  assert.equal(text(), '2026-01-02T03:04:05.678Z\tinfo\tone\ntwo\\u001b[31m\t{"value": "a\\nb\\u001b[31m"}\n');
});

void test('what JSON can not hold is still logged', () => {
  const { logs, text } = open();
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  logs.root.info({ big: 12n, circular, gone: undefined }, 'Odd');
  logs.close();
  assert.match(text(), /"big": 12, "circular": "\[object Object\]"\}\n$/);
});

void test('json lines carry the resource, unless that is turned off, and the initial fields', () => {
  const settings: LogsSettings = { encoding: 'json', initial_fields: { site: 'here' } };
  const { logs, text } = open(settings);
  logs.child(FIELDS).error({ attempt: 2 }, 'Bad');
  logs.close();
  assert.deepEqual(JSON.parse(text()), {
    level: 'error',
    ts: '2026-01-02T03:04:05.678Z',
    site: 'here',
    resource: { 'service.name': 'genesis-agent', 'service.version': '0.1.0', 'service.instance.id': 'one' },
    ...FIELDS,
    attempt: 2,
    msg: 'Bad',
  });
  const bare = open({ ...settings, disable_zap_resource: true });
  bare.logs.root.info({}, 'Hello');
  bare.logs.close();
  assert.equal('resource' in JSON.parse(bare.text()), false);
});

void test("levels are the collector's, in any case", () => {
  for (const [level, lines] of [
    ['DEBUG', 4],
    ['', 3],
    ['Warn', 2],
    ['error', 1],
    ['dpanic', 0],
  ] as const) {
    const { logs, text } = open({ level });
    for (const write of ['debug', 'info', 'warn', 'error'] as const) logs.root[write]({}, 'line');
    logs.close();
    assert.equal(text().split('\n').length - 1, lines, level);
  }
  assert.throws(() => open({ level: 'loud' }), { name: 'AgentError', code: 'LOG_OUTPUT' });
});

void test('equal lines are sampled: ten in a tick, then every hundredth; other lines and a new tick are not', () => {
  const { logs, clock, text } = open();
  for (let index = 0; index < 310; index += 1) logs.root.info({ index }, 'again');
  logs.root.info({}, 'other');
  clock.now += 10_000;
  logs.root.info({}, 'again');
  logs.close();
  const messages = text()
    .split('\n')
    .map((line) => line.split('\t')[2]);
  assert.equal(messages.filter((message) => message === 'again').length, 10 + 3 + 1);
  assert.equal(messages.filter((message) => message === 'other').length, 1);
  const all = open({ sampling: { enabled: false } });
  for (let index = 0; index < 310; index += 1) all.logs.root.info({ index }, 'again');
  all.logs.close();
  assert.equal(all.text().split('\n').length - 1, 310);
});

void test('recent warnings and errors are kept, newest first, with where and why', () => {
  const { logs } = open({ sampling: null });
  logs.root.info({}, 'fine');
  logs.child(FIELDS).warn({ error: new Error('refused') }, 'Exporting failed.');
  logs.root.error({ component: 'exporter:x', reason: 'full' }, 'Items lost.');
  const timeUnixMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  assert.deepEqual(logs.recentErrors(), [
    { timeUnixMs, level: 'error', component: 'exporter:x', message: 'Items lost. full' },
    { timeUnixMs, level: 'warn', component: 'receiver:otlp', message: 'Exporting failed. refused' },
  ]);
  for (let index = 0; index < RECENT_ERRORS + 5; index += 1) logs.root.warn({}, `w${index}`);
  const recent = logs.recentErrors();
  assert.deepEqual([recent.length, recent[0]?.message], [RECENT_ERRORS, `w${RECENT_ERRORS + 4}`]);
  logs.close();
});

void test('after a rotation the file is opened again', () => {
  const { logs, file, text } = open();
  logs.root.info({}, 'before');
  renameSync(file, `${file}.1`);
  logs.reopen();
  logs.root.info({}, 'after');
  logs.close();
  assert.match(readFileSync(`${file}.1`, 'utf8'), /\tbefore\n$/);
  assert.match(text(), /^[^\n]*\tafter\n$/);
});

void test('an output that can not be opened is LOG_OUTPUT and names it', () => {
  const file = path.join(folder, 'missing', 'agent.log');
  assert.throws(
    () => open({ output_paths: [file] }),
    (error) => error instanceof AgentError && error.code === 'LOG_OUTPUT' && error.message.includes(file),
  );
});
