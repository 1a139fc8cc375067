// Whole agents with a queue on disk, over restarts and reloads.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePorts, runAgent, startAgent } from '../support/agent.ts';
import { Backend, durableConfiguration, sendSpan, type DurableSetup } from '../support/durable-agent.ts';
import { httpRequest } from '../support/http-request.ts';
import { Folder, until } from '../support/storing.ts';

/** One request at a time keeps the order at the destination. */
const ONE = { num_consumers: 1 };

async function setUp(folder: Folder, backend: Backend): Promise<DurableSetup & { readonly admin: number }> {
  const [receiver = 0, metrics = 0, admin = 0] = await freePorts(3);
  return { receiver, metrics, admin, destination: backend.port, directory: folder.path };
}

async function sendAll(receiver: number, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number += 1) assert.ok(await sendSpan(receiver, number), `span ${number}`);
}

/** Segments with something in them. */
function segments(folder: Folder): string[] {
  return readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.log'));
}

void test('with the destination down over a restart, and the exporter renamed to its new spelling, all arrives in order', async () => {
  using folder = new Folder();
  await using backend = await Backend.start();
  const setup = await setUp(folder, backend);
  backend.isDown = true;
  const first = await startAgent({ config: durableConfiguration({ ...setup, exporter: 'otlphttp/far', queue: ONE }) });
  await sendAll(setup.receiver, 1, 20);
  const { code, stderr } = await first.stop();
  assert.equal(code, 0);
  assert.match(stderr, /Data is left in the queue on disk/);
  assert.match(stderr, /"requests": 19, "items": 19/);
  assert.deepEqual(backend.numbers, []);
  backend.isDown = false;
  await using second = await startAgent({
    config: durableConfiguration({ ...setup, exporter: 'otlp_http/far', queue: ONE }),
  });
  await sendAll(setup.receiver, 20, 23);
  await until(() => backend.numbers.length >= 22);
  assert.deepEqual(
    backend.numbers,
    Array.from({ length: 22 }, (_, index) => index + 1),
  );
  await second.stop();
  assert.deepEqual(segments(folder), [], 'what is delivered leaves no file');
});

void test('a second agent on the same folder is told what is wrong', async () => {
  using folder = new Folder();
  await using backend = await Backend.start();
  const config = (setup: DurableSetup): object => durableConfiguration({ ...setup, storage: { timeout: '50ms' } });
  await using first = await startAgent({ config: config(await setUp(folder, backend)) });
  const second = await runAgent({ config: config(await setUp(folder, backend)) });
  assert.notEqual(second.code, 0);
  assert.match(second.stderr, /another process uses .*exporter\.otlp_http/);
  assert.match(second.stderr, /STORAGE_LOCKED/);
  assert.ok(first.isRunning);
});

void test('a storage that is not listed, and a folder that does not exist, end the start with the reason', async () => {
  using folder = new Folder();
  await using backend = await Backend.start();
  const setup = await setUp(folder, backend);
  const missing = await runAgent({
    config: durableConfiguration({ ...setup, queue: { storage: 'file_storage/other' } }),
  });
  assert.match(missing.stderr, /sending_queue::storage names file_storage\/other, which is not running/);
  assert.match(missing.stderr, /STORAGE_MISSING/);
  const nowhere = path.join(folder.path, 'nowhere');
  const absent = await runAgent({ config: durableConfiguration({ ...setup, directory: nowhere }) });
  assert.match(absent.stderr, /nowhere does not exist; create it, or set create_directory: true/);
});

void test('a damaged segment is set aside and said; the rest of it arrives', async () => {
  using folder = new Folder();
  await using backend = await Backend.start();
  const setup = await setUp(folder, backend);
  backend.isDown = true;
  const first = await startAgent({ config: durableConfiguration({ ...setup, queue: ONE }) });
  await sendAll(setup.receiver, 1, 6);
  first.signal('SIGKILL');
  await first.exited;
  const [name = ''] = segments(folder);
  const file = path.join(folder.path, name);
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('checkout')] = 0;
  writeFileSync(file, bytes);
  backend.isDown = false;
  await using second = await startAgent({ config: durableConfiguration({ ...setup, queue: ONE }) });
  await until(() => backend.numbers.length >= 4);
  assert.deepEqual(backend.numbers, [2, 3, 4, 5]);
  await second.said(/is damaged/);
  const metrics = (await httpRequest(`http://127.0.0.1:${setup.metrics}/metrics`, { method: 'GET' })).body.toString();
  assert.match(metrics, /^otelcol_exporter_queue_damaged_segments\S* 1$/m);
  assert.match(metrics, /^otelcol_exporter_queue_damaged_items\S* 1$/m);
  assert.match(metrics, /^otelcol_exporter_queue_possible_duplicate_items\S* 5$/m);
  await second.stop();
  assert.equal(readdirSync(path.dirname(file)).filter((one) => one.endsWith('.damaged')).length, 1);
});

void test('reloads of the exporter, of the storage and of both lose nothing while the destination is down', async () => {
  using folder = new Folder();
  await using backend = await Backend.start();
  const setup = await setUp(folder, backend);
  backend.isDown = true;
  await using agent = await startAgent({ config: durableConfiguration(setup) });
  const variants: Partial<DurableSetup>[] = [
    { queue: { num_consumers: 3 } },
    { queue: { num_consumers: 3 }, storage: { fsync: false } },
    { queue: { num_consumers: 4 }, storage: { fsync: '10ms', max_size: 100_000_000 } },
    {},
  ];
  let number = 1;
  for (const variant of variants) {
    await sendAll(setup.receiver, number, number + 5);
    writeFileSync(agent.configFile, JSON.stringify(durableConfiguration({ ...setup, ...variant })));
    const reloading = httpRequest(`http://127.0.0.1:${setup.admin}/reload`);
    await sendAll(setup.receiver, number + 5, number + 10);
    const answer = await reloading;
    assert.match(answer.body.toString(), /"applied":true/);
    number += 10;
  }
  backend.isDown = false;
  await sendAll(setup.receiver, number, number + 5);
  await until(() => new Set(backend.numbers).size >= number + 4);
  assert.deepEqual(
    [...new Set(backend.numbers)].sort((a, b) => a - b),
    Array.from({ length: number + 4 }, (_, index) => index + 1),
  );
});
