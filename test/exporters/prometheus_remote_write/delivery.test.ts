// What comes of answers: retries, refusals, 2.0's headers, destinations that know 1.0 only, large batches, the queue on disk.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import prometheusRemoteWrite from '../../../exporters/prometheus_remote_write/index.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { SOON, testContext } from '../../support/context.ts';
import { attributes, batchOfJson } from '../../support/processor.ts';
import { seriesOf } from './expected.ts';
import { startExporter } from './running.ts';
import { startSink, writtenAll } from './sink.ts';

const SECOND = 1_000_000_000n;

/** Deltas of `series` counters at a second. */
function deltas(second: number, series = 1): object {
  const time = String(BigInt(second) * SECOND);
  const dataPoints = Array.from({ length: series }, (_, index) => ({
    asInt: '1',
    timeUnixNano: time,
    attributes: attributes({ index: `series ${index}` }),
  }));
  const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints };
  return { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'count', sum }] }] }] };
}

const batch = (second: number, series?: number): ReturnType<typeof batchOfJson> =>
  batchOfJson('metrics', deltas(second, series));

const RETRY = { retry_on_failure: { initial_interval: '1ms', max_interval: '5ms' } };

void test('5xx and 429 are tried again, and deltas count once', async () => {
  await using running = await startExporter(RETRY);
  const { sink, exporter, metric } = running;
  const answers = [500, 503, 429];
  sink.answer = () => ({ status: answers.shift() ?? 204, headers: { 'retry-after': '0' } });
  await exporter.consume(batch(1));
  await exporter.consume(batch(2));
  assert.deepEqual(
    sink.received.map(({ request }) => request.timeseries[0]?.samples.map(({ value }) => value)),
    [[1], [1], [1], [1], [2]],
  );
  assert.equal(metric('otelcol_exporter_prometheusremotewrite_sent_batches'), 5);
  assert.equal(metric('otelcol_exporter_prometheusremotewrite_delta_series'), 1);
});

void test('no answer is tried again', async () => {
  const sink = await startSink();
  const port = Number(new URL(sink.url).port);
  await using running = await startExporter({ ...RETRY, endpoint: sink.url });
  await sink[Symbol.asyncDispose]();
  const sent = running.exporter.consume(batch(1));
  await sleep(50);
  await using again = await startSink(port);
  await sent;
  assert.equal(again.received.length, 1);
});

void test('Retry-After is obeyed', async () => {
  await using running = await startExporter({ timeout: '1s' });
  running.sink.answer = () => ({ status: 503, headers: { 'retry-after': '7' }, body: 'later' });
  await assert.rejects(running.exporter.consume(batch(1)), (error) => {
    assert.ok(error instanceof Refused);
    assert.equal(error.retryAfterMs, 7_000);
    assert.match(error.message, /answered 503: later/);
    return true;
  });
});

void test("other answers are refusals, told in the server's words", async () => {
  for (const status of [400, 301, 401, 404, 413]) {
    await using running = await startExporter(RETRY);
    running.sink.answer = () => ({ status, body: 'out of order sample\n' });
    await assert.rejects(running.exporter.consume(batch(1, 3)), (error) => {
      assert.ok(error instanceof Rejected);
      assert.equal(error.count, 3);
      assert.match(error.message, new RegExp(`answered ${status}: out of order sample$`));
      return true;
    });
    assert.equal(running.sink.received.length, 1);
  }
});

void test('a refused batch that nobody waits for is a recorded drop', async () => {
  await using running = await startExporter({ remote_write_queue: {} });
  running.sink.answer = () => ({ status: 400, body: 'no' });
  await running.exporter.consume(batch(1, 3));
  for (let attempt = 0; running.drops().length === 0 && attempt < 200; attempt++) await sleep(5);
  const [drop] = running.drops();
  assert.deepEqual(
    [drop?.rule, drop?.count, drop?.component],
    ['rejected_by_destination', 3, 'exporter:prometheus_remote_write'],
  );
  assert.match(drop?.reason ?? '', /answered 400: no/);
});

void test('2.0 says how much was written', async () => {
  await using running = await startExporter({ protobuf_message: V2_MESSAGE });
  const { sink, exporter, metric } = running;
  await exporter.consume(batch(1, 4));
  assert.equal(sink.received[0]?.headers['x-prometheus-remote-write-version'], '2.0.0');
  assert.equal(sink.received[0]?.headers['content-type'], `application/x-protobuf;proto=${V2_MESSAGE}`);
  assert.equal(metric('otelcol_exporter_prometheusremotewrite_written_samples'), 4);
  // One of four was written, refused or not: three points are lost.
  for (const status of [400, 204]) {
    sink.answer = () => ({ status, headers: { 'x-prometheus-remote-write-samples-written': '1' } });
    await assert.rejects(
      exporter.consume(batch(1_000 - status, 4)),
      (error) => error instanceof Rejected && error.count === 3,
    );
  }
  // Without a word all of them are.
  sink.answer = () => ({ status: 400, headers: {} });
  await assert.rejects(exporter.consume(batch(2_000, 4)), (error) => error instanceof Rejected && error.count === 4);
  sink.answer = (received) => ({ status: 500, headers: writtenAll(received) });
  await assert.rejects(exporter.consume(batch(3_000, 4)), Refused);
});

void test('a destination that knows 1.0 only gets that', async () => {
  for (const answer of [{ status: 415 }, { status: 204, headers: {} }]) {
    await using running = await startExporter({ protobuf_message: V2_MESSAGE });
    running.sink.answer = ({ protocol }) => (protocol === V2_MESSAGE ? answer : {});
    await running.exporter.consume(batch(1, 2));
    await running.exporter.consume(batch(2, 2));
    const { received } = running.sink;
    assert.deepEqual(
      received.map(({ protocol }) => protocol),
      [V2_MESSAGE, V1_MESSAGE, V1_MESSAGE],
    );
    const [v2, v1, next] = received.map(({ request }) => seriesOf([request]));
    assert.deepEqual(v1, v2);
    assert.deepEqual(next?.[0]?.samples, [{ timeMs: 2_000, value: 2, isStale: false }]);
    assert.equal(received[1]?.headers['x-prometheus-remote-write-version'], '0.1.0');
  }
});

void test('415 to 1.0 is a refusal', async () => {
  await using running = await startExporter({ protobuf_message: V2_MESSAGE });
  running.sink.answer = () => ({ status: 415 });
  await assert.rejects(running.exporter.consume(batch(1)), Rejected);
  assert.equal(running.sink.received.length, 2);
});

void test('a large batch goes in several requests, each series in one', async () => {
  for (const protocol of [V1_MESSAGE, V2_MESSAGE]) {
    await using running = await startExporter({
      ...RETRY,
      protobuf_message: protocol,
      max_batch_size_bytes: 1_000,
      max_batch_request_parallelism: 3,
    });
    const { sink, exporter } = running;
    let underWay = 0;
    let most = 0;
    sink.answer = () => {
      underWay += 1;
      most = Math.max(most, underWay);
      setTimeout(() => (underWay -= 1), 4);
      return { delayMs: 5 };
    };
    await exporter.consume(batch(1, 200));
    assert.ok(sink.received.length > 4);
    for (const { message } of sink.received) assert.ok(message.length <= 1_000);
    const all = sink.received.flatMap(({ request }) => seriesOf([request]));
    assert.equal(all.length, 200);
    assert.equal(new Set(all.map(({ labels }) => JSON.stringify(labels))).size, 200);
    assert.equal(most, 3);
  }
});

void test('metadata that is refused costs no points', async () => {
  await using running = await startExporter({ send_metadata: true });
  running.sink.answer = ({ request }) => ({ status: request.timeseries.length > 0 ? 204 : 400 });
  await running.exporter.consume(batch(1));
  assert.deepEqual(
    running.sink.received.map(({ request }) => request.metadata?.map((one) => one.metric_family_name)),
    [[], ['count_total']],
  );
});

void test('only what failed is sent again, and what was refused is not', async () => {
  await using running = await startExporter({
    ...RETRY,
    max_batch_size_bytes: 1_000,
    max_batch_request_parallelism: 1,
  });
  const { sink, exporter } = running;
  const answers = [204, 400, 503, 204];
  sink.answer = () => ({ status: answers.shift() ?? 204 });
  await assert.rejects(exporter.consume(batch(1, 90)), (error) => {
    assert.ok(error instanceof Rejected);
    assert.equal(error.count, sink.received[1]?.request.timeseries.length);
    return true;
  });
  const first = (index: number): unknown => sink.received[index]?.request.timeseries[0]?.labels;
  assert.deepEqual(first(3), first(2));
  assert.equal(new Set(sink.received.map((_, index) => JSON.stringify(first(index)))).size, sink.received.length - 1);
});

void test('one batch at a time, in their order', async () => {
  await using running = await startExporter({ remote_write_queue: {} });
  let underWay = 0;
  running.sink.answer = () => {
    underWay += 1;
    assert.equal(underWay, 1);
    setTimeout(() => (underWay -= 1), 1);
    return { delayMs: 2 };
  };
  for (let second = 1; second <= 20; second++) {
    await running.exporter.consume(batch(second));
    if (second % 5 === 0) await sleep(3);
  }
  await running.exporter.stop(SOON());
  const samples = running.sink.received.flatMap(({ request }) => request.timeseries[0]?.samples ?? []);
  assert.deepEqual(
    samples.map(({ value, timestamp }) => [value, Number(timestamp)]),
    Array.from({ length: 20 }, (_, index) => [index + 1, (index + 1) * 1_000]),
  );
});

void test('headers of the sender go on, those of the protocol stay', async () => {
  await using running = await startExporter({
    include_metadata_keys: ['X-Tenant'],
    headers: { 'User-Agent': 'other', 'X-Prometheus-Remote-Write-Version': '9', 'X-Own': 'yes' },
  });
  const client = { metadata: new Map([['x-tenant', ['a', 'b']]]) };
  await running.exporter.consume(batchOfJson('metrics', deltas(1), client));
  const headers = running.sink.received[0]?.headers ?? {};
  assert.equal(headers['x-tenant'], 'a, b');
  assert.equal(headers['x-own'], 'yes');
  assert.match(String(headers['user-agent']), /^genesis-agent\//);
  assert.equal(headers['x-prometheus-remote-write-version'], '0.1.0');
  assert.equal(headers['content-encoding'], 'snappy');
});

void test('what waits on disk is sent by the next exporter', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'wal-'));
  const sink = await startSink();
  try {
    const settings = prometheusRemoteWrite.config.parse({
      endpoint: sink.url,
      retry_on_failure: { initial_interval: '1ms' },
      wal: { directory },
    });
    const make = (): ReturnType<typeof prometheusRemoteWrite.create> =>
      prometheusRemoteWrite.create(
        settings,
        testContext({ kind: 'exporter', id: 'prometheus_remote_write/a', realTime: true }).context,
      );
    const before = make();
    sink.answer = () => ({ status: 503 });
    await before.start();
    for (let second = 1; second <= 3; second++) await before.consume(batch(second));
    await before.stop(SOON());
    assert.deepEqual(readdirSync(directory), ['exporter.prometheus_remote_write.a']);
    sink.received.length = 0;
    sink.answer = () => ({});
    const after = make();
    await after.start();
    for (let attempt = 0; attempt < 200; attempt++) {
      if (sink.received.flatMap(({ request }) => request.timeseries[0]?.samples ?? []).length === 3) break;
      await sleep(5);
    }
    await after.stop(SOON());
    const samples = sink.received.flatMap(({ request }) => request.timeseries[0]?.samples ?? []);
    assert.deepEqual(
      samples.map(({ value }) => value),
      [1, 2, 3],
    );
  } finally {
    await sink[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  }
});
