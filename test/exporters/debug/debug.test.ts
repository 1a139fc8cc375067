import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { batchOf } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import { REQUEST_MESSAGE } from '../../../proto/descriptors.ts';
import { decodeMessage } from '../../../proto/objects.ts';
import { detailedText } from '../../../exporters/debug/detailed.ts';
import { formatFixed, formatShortest, formatTime } from '../../../exporters/debug/go-format.ts';
import debug from '../../../exporters/debug/index.ts';
import { Sampler } from '../../../exporters/debug/sampler.ts';
import { encode } from '../../proto/reference.ts';
import { SOON, testContext } from '../../support/context.ts';
import { tracesBatch } from '../../support/requests.ts';
import { INPUTS } from './inputs.ts';

for (const [name, [signal, request]] of Object.entries(INPUTS)) {
  void test(`detailed output is the collector's golden file: ${name}`, () => {
    const golden = readFileSync(
      new URL(`../../data/golden-core/debugexporter/${name}.out`, import.meta.url),
      'utf8',
    ).replaceAll('\r', '');
    const text = detailedText(signal, decodeMessage(REQUEST_MESSAGE[signal], encode(signal, request)));
    assert.equal(text, golden);
  });
}

// Printed by Go 1.26: fmt.Printf("%f %v", x, x).
const GO_NUMBERS: readonly (readonly [number, string, string])[] = [
  [0, '0.000000', '0'],
  [-0, '-0.000000', '-0'],
  [1.23, '1.230000', '1.23'],
  [0.0078125, '0.007812', '0.0078125'],
  [0.0234375, '0.023438', '0.0234375'],
  [1e-5, '0.000010', '1e-05'],
  [0.0001, '0.000100', '0.0001'],
  [999999.5, '999999.500000', '999999.5'],
  [1e6, '1000000.000000', '1e+06'],
  [123456789, '123456789.000000', '1.23456789e+08'],
  [1e20, '100000000000000000000.000000', '1e+20'],
  [1e21, '1000000000000000000000.000000', '1e+21'],
  [1e22, '10000000000000000000000.000000', '1e+22'],
  [Number.NaN, 'NaN', 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf', '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf', '-Inf'],
];

void test('numbers are printed as Go prints them', () => {
  for (const [value, fixed, shortest] of GO_NUMBERS) {
    assert.equal(formatFixed(value), fixed);
    assert.equal(formatShortest(value), shortest);
  }
});

void test('times are printed as Go prints them', () => {
  assert.equal(formatTime(0n), '1970-01-01 00:00:00 +0000 UTC');
  assert.equal(formatTime(1581452772000000321n), '2020-02-11 20:26:12.000000321 +0000 UTC');
  assert.equal(formatTime(1581452772100000000n), '2020-02-11 20:26:12.1 +0000 UTC');
  assert.equal(formatTime(2n ** 64n - 1n), '1969-12-31 23:59:59.999999999 +0000 UTC');
});

void test('buckets beyond what a double holds are printed as Go prints them', () => {
  const point = { scale: -2_000, negative: { offset: 0, bucketCounts: [3, 4] } };
  const metrics = [{ name: 'm', exponentialHistogram: { dataPoints: [point] } }];
  const request = encode('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  const text = detailedText('metrics', decodeMessage(REQUEST_MESSAGE.metrics, request));
  // Printed by the collector: 0 times infinity is no number, and has no sign.
  assert.match(text, /\nBucket \[-Inf, -Inf\), Count: 4\nBucket \[-Inf, NaN\), Count: 3\n/);
});

async function printed(
  settings: object,
  run: (consume: (count: number) => Promise<void>, clock: { now: number }) => Promise<void>,
): Promise<string[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'debug-'));
  const file = path.join(folder, 'out.txt');
  const { context, clock } = testContext({ kind: 'exporter', id: 'debug' });
  const exporter = debug.create(
    debug.config.parse({ use_internal_logger: false, output_paths: [file], ...settings }),
    context,
  );
  await exporter.start();
  await run((count) => exporter.consume(tracesBatch(count)), clock);
  await exporter.stop(SOON());
  const text = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  return text.split('\n').filter((line) => line !== '');
}

void test('basic counts, normal has a line an item', async () => {
  assert.deepEqual(await printed({}, (consume) => consume(3)), ['Traces\t{"resource spans": 1, "spans": 3}']);
  const lines = await printed({ verbosity: 'Normal' }, (consume) => consume(1));
  assert.deepEqual(lines.slice(1), [
    'ResourceTraces #0 service.name=checkout',
    'ScopeTraces #0',
    'span-0 00000000000000000000000000000001 0000000000000001 http.route=/users/{id}',
  ]);
});

void test('equal messages are sampled: the first ones of a second, then every n-th', async () => {
  const lines = await printed({ sampling_initial: 2, sampling_thereafter: 3 }, async (consume, clock) => {
    for (let index = 0; index < 8; index += 1) await consume(1);
    clock.now += 1_000;
    await consume(1);
  });
  assert.equal(lines.length, 2 + 2 + 1);
  const none = await printed({ sampling_initial: 1, sampling_thereafter: 0 }, async (consume) => {
    for (let index = 0; index < 5; index += 1) await consume(1);
  });
  assert.equal(none.length, 1);
});

void test('each text has seconds of its own', () => {
  const sampler = new Sampler({ initial: 1, thereafter: 0 });
  const passes = (message: string, ...times: number[]): boolean[] =>
    times.map((nowMs) => sampler.passes(message, nowMs));
  assert.deepEqual(passes('a', 5_000, 5_001), [true, false]);
  assert.deepEqual(passes('b', 5_900, 5_901), [true, false]);
  assert.deepEqual(passes('a', 5_999, 6_000, 6_001), [false, true, false]);
  assert.deepEqual(passes('b', 6_100, 6_899, 6_900), [false, false, true]);
});

void test('batches at the same time are printed one after the other, whole', async () => {
  const lines = await printed({ verbosity: 'detailed', sampling_initial: 1_000 }, (consume) =>
    Promise.all(Array.from({ length: 20 }, (_, index) => consume(index + 1))).then(() => undefined),
  );
  const titles = lines.filter((line) => line.startsWith('Traces'));
  assert.deepEqual(
    titles,
    Array.from({ length: 20 }, (_, index) => `Traces\t{"resource spans": 1, "spans": ${index + 1}}`),
  );
  let spans = 0;
  for (const line of lines.toReversed()) {
    if (line.startsWith('Span #')) spans += 1;
    const expected = /^Traces.*"spans": (\d+)/.exec(line)?.[1];
    if (expected === undefined) continue;
    assert.equal(spans, Number(expected));
    spans = 0;
  }
});

void test('an output that is full is told once and holds nothing up', { skip: !existsSync('/dev/full') }, async () => {
  const { context } = testContext({ kind: 'exporter', id: 'debug' });
  const errors: object[] = [];
  const log = { ...context.log, error: (fields: object) => errors.push(fields) };
  const settings = debug.config.parse({ use_internal_logger: false, output_paths: ['/dev/full'] });
  const exporter = debug.create(settings, { ...context, log });
  await exporter.start();
  await exporter.consume(tracesBatch(1));
  await exporter.consume(tracesBatch(1));
  await exporter.stop(SOON());
  assert.deepEqual(errors, [{ path: '/dev/full', error: 'ENOSPC: no space left on device, write' }]);
});

void test('an output that can not be opened stops the start', async () => {
  const { context } = testContext({ kind: 'exporter', id: 'debug' });
  const settings = debug.config.parse({ use_internal_logger: false, output_paths: ['/nowhere/at/all'] });
  const exporter = debug.create(settings, context);
  await assert.rejects(exporter.start(), /ENOENT.*\/nowhere\/at\/all/);
  await exporter.stop(SOON());
});

void test('bytes that are no OTLP are rejected; settings that can not be are refused', async () => {
  const { context } = testContext({ kind: 'exporter', id: 'debug' });
  const exporter = debug.create(debug.config.parse({}), context);
  await exporter.start();
  await assert.rejects(exporter.consume(batchOf('traces', Buffer.from([0xff]), 1)), Rejected);
  await exporter.stop(SOON());
  for (const bad of [
    { verbosity: 'debug' },
    { output_paths: ['stdout'] },
    { use_internal_logger: false, output_paths: [] },
  ]) {
    assert.equal(debug.config.safeParse(bad).success, false, JSON.stringify(bad));
  }
});
