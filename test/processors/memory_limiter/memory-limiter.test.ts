import assert from 'node:assert/strict';
import os from 'node:os';
import { test } from 'node:test';
import { Refused } from '../../../pipeline/delivery.ts';
import { config } from '../../../processors/memory_limiter/config.ts';
import { controlGroupLimitBytes } from '../../../processors/memory_limiter/control-groups.ts';
import { MemoryLimiter } from '../../../processors/memory_limiter/memory-limiter.ts';
import { limitBytesOf, usedBytes } from '../../../processors/memory_limiter/memory.ts';
import { Collector, testContext } from '../../support/context.ts';
import { tracesBatch } from '../../support/requests.ts';

const MIB = 2 ** 20;

void test('below the limit data passes; above it is refused, to be tried again; when memory is back it passes', async () => {
  const { context, metric, statuses } = testContext({ kind: 'processor', id: 'memory_limiter', realTime: true });
  const next = new Collector();
  const before = usedBytes();
  const limitMib = Math.ceil(before / MIB) + 60;
  const settings = config.parse({ check_interval: '5ms', limit_mib: limitMib, spike_limit_mib: 20 });
  const limiter = new MemoryLimiter(settings, context, 'traces', next);
  await limiter.start();
  await limiter.consume(tracesBatch(2));
  let ballast: Buffer[] | undefined = Array.from({ length: 80 }, () => Buffer.alloc(MIB, 1));
  await new Promise((resolve) => setTimeout(resolve, 30));
  await assert.rejects(
    limiter.consume(tracesBatch(3)),
    (error) => error instanceof Refused && error.retryAfterMs === 5 && /high memory usage/.test(error.message),
  );
  assert.equal(ballast.length, 80);
  ballast = undefined;
  const deadline = Date.now() + 2_000;
  while (statuses.at(-1) !== 'OK' && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  await limiter.consume(tracesBatch(1));
  assert.deepEqual(statuses, ['RecoverableError', 'OK']);
  assert.equal(metric('otelcol_processor_memory_limiter_accepted_spans'), 3);
  assert.equal(metric('otelcol_processor_memory_limiter_refused_spans'), 3);
  await limiter.stop();
  assert.equal(next.items, 3);
});

void test('pipelines share one watch: each hears of the change, and the last one to stop ends it', async () => {
  const settings = config.parse({ check_interval: '5ms', limit_mib: 1 });
  const made = (['traces', 'logs'] as const).map((signal) => {
    const given = testContext({ kind: 'processor', id: 'memory_limiter', realTime: true });
    return { ...given, limiter: new MemoryLimiter(settings, given.context, signal, new Collector()) };
  });
  for (const { limiter } of made) await limiter.start();
  for (const { limiter, statuses } of made) {
    await assert.rejects(limiter.consume(tracesBatch(1)), Refused);
    assert.deepEqual(statuses, ['RecoverableError']);
  }
  const [first, second] = made;
  await first?.limiter.stop();
  await assert.rejects(second?.limiter.consume(tracesBatch(1)) ?? Promise.resolve(), Refused);
  await second?.limiter.stop();
  await second?.limiter.consume(tracesBatch(1));
});

void test('what the next component says comes back', async () => {
  const { context } = testContext({ kind: 'processor', id: 'memory_limiter', realTime: true });
  const next = new Collector();
  const full = new Refused('full');
  next.fail = () => full;
  const limiter = new MemoryLimiter(config.parse({ check_interval: '1s', limit_mib: 4_096 }), context, 'logs', next);
  await limiter.start();
  await assert.rejects(limiter.consume(tracesBatch(1)), (error) => error === full);
  await limiter.stop();
});

void test('limits come from MiB, or from a share of what there is; the spike is a fifth unless set', () => {
  const of = (settings: object) => limitBytesOf(config.parse({ check_interval: '1s', ...settings }));
  assert.deepEqual(of({ limit_mib: 100 }), { hardBytes: 100 * MIB, softBytes: 80 * MIB });
  assert.deepEqual(of({ limit_mib: 100, spike_limit_mib: 30, limit_percentage: 1 }), {
    hardBytes: 100 * MIB,
    softBytes: 70 * MIB,
  });
  const { hardBytes, softBytes } = of({ limit_percentage: 50, spike_limit_percentage: 10 });
  assert.ok(Math.abs(softBytes / hardBytes - 0.8) < 1e-9);
  assert.equal(hardBytes, Math.min(os.totalmem(), controlGroupLimitBytes()) / 2);
});

void test('the rules of the collector hold', () => {
  const bad: readonly (readonly [object, RegExp])[] = [
    [{ limit_mib: 10 }, /check_interval/],
    [{ check_interval: '1s' }, /limit_mib/],
    [{ check_interval: '1s', limit_mib: 10, spike_limit_mib: 10 }, /smaller than 'limit_mib'/],
    [{ check_interval: '1s', limit_percentage: 101 }, /between 1 and 100/],
    [{ check_interval: '1s', limit_percentage: 10, spike_limit_percentage: 20 }, /smaller than 'limit_percentage'/],
    [
      {
        check_interval: '1s',
        limit_mib: 10,
        min_gc_interval_when_soft_limited: '1s',
        min_gc_interval_when_hard_limited: '2s',
      },
      /larger/,
    ],
    [{ check_interval: '1s', limit_mib: 10, ballast_size_mib: 1 }, /ballast_size_mib/],
  ];
  for (const [settings, expected] of bad) {
    const result = config.safeParse(settings);
    assert.match(result.success ? 'valid' : result.error.message, expected);
  }
});
