// When the host is looked at, and what becomes of a scrape that nobody takes.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { Batch } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import { Schedule } from '../../../receivers/host_metrics/schedule.ts';
import hostMetrics from '../../../receivers/host_metrics/index.ts';
import { testContext } from '../../support/context.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { scraping, tree } from './host.ts';

/** Runs a schedule in virtual time; `took` says how long each call takes. Gives when calls began, since the start. */
async function begun(
  calls: number,
  took: (call: number) => number,
  jump?: (call: number) => number,
): Promise<number[]> {
  using clock = new VirtualClock().install();
  const origin = clock.now();
  const times: number[] = [];
  let offset = 0;
  const schedule = new Schedule({
    initialDelayMs: 1_000,
    intervalMs: 10_000,
    now: () => clock.now() + offset,
    run: () => {
      const call = times.push(clock.now() - origin);
      offset += jump?.(call) ?? 0;
      return new Promise((resolve) => clock.after(took(call), resolve));
    },
  });
  schedule.start();
  while (times.length < calls && (await clock.step()));
  const stopped = schedule.stop(new AbortController().signal);
  await clock.step();
  await stopped;
  return times;
}

void test('calls keep to their times, however long each takes', async () => {
  assert.deepEqual(await begun(5, () => 3_000), [1_000, 11_000, 21_000, 31_000, 41_000]);
});

void test('calls that take longer than the interval make others fall out, and never overlap', async () => {
  assert.deepEqual(await begun(4, (call) => (call === 1 ? 25_000 : 1_000)), [1_000, 31_000, 41_000, 51_000]);
});

void test('a clock that is set begins a new row of times, and never a long wait or a burst', async () => {
  const back = await begun(
    4,
    () => 1,
    (call) => (call === 2 ? -86_400_000 : 0),
  );
  assert.deepEqual(back.slice(0, 2), [1_000, 11_000]);
  assert.ok((back[2] ?? 0) <= 21_001 && (back[3] ?? 0) - (back[2] ?? 0) >= 9_990, String(back));
  const ahead = await begun(
    4,
    () => 1,
    (call) => (call === 2 ? 86_400_000 : 0),
  );
  assert.ok(
    ahead.every((time, index) => index === 0 || time - (ahead[index - 1] ?? 0) <= 10_001),
    String(ahead),
  );
  assert.ok((ahead[3] ?? 0) - (ahead[2] ?? 0) > 0, String(ahead));
});

async function delivered(outcome: (batch: Batch) => Promise<void>) {
  const made = testContext({ kind: 'receiver', id: 'host_metrics', realTime: true });
  const section = { root_path: tree('machine'), initial_delay: '0s', scrapers: { load: null, disk: null } };
  const settled = Promise.withResolvers<Batch>();
  const receiver = hostMetrics.create(hostMetrics.config.parse(section), made.context, {
    metrics: {
      consume: async (batch) => {
        try {
          await outcome(batch);
        } finally {
          settled.resolve(batch);
        }
      },
    },
  });
  await receiver.start();
  const batch = await settled.promise;
  await receiver.stop(AbortSignal.timeout(1_000));
  return { ...made, batch };
}

void test('a scrape that is taken is counted as accepted, by scraper and as a whole', async () => {
  const { metric, batch, drops } = await delivered(() => Promise.resolve());
  assert.equal(batch.items, 14);
  assert.equal(metric('otelcol_receiver_accepted_metric_points'), 14);
  assert.equal(metric('otelcol_scraper_scraped_metric_points', { scraper: 'load' }), 3);
  assert.equal(metric('otelcol_scraper_scraped_metric_points', { scraper: 'disk' }), 11);
  assert.equal(drops().length, 0);
});

void test('a scrape that is refused is dropped with its reason', async () => {
  const { metric, drops } = await delivered(() => Promise.reject(new Refused('the queue is full')));
  assert.equal(metric('otelcol_receiver_refused_metric_points'), 14);
  assert.equal(metric('otelcol_receiver_accepted_metric_points'), 0);
  assert.deepEqual(
    drops().map(({ component, rule, reason, count }) => [component, rule, reason, count]),
    [['receiver:host_metrics', 'refused', 'the queue is full', 14]],
  );
});

void test('of a scrape that is rejected in part, that part is dropped', async () => {
  const { metric, drops } = await delivered(() => Promise.reject(new Rejected('no', { count: 4 })));
  assert.equal(metric('otelcol_receiver_failed_metric_points'), 4);
  assert.equal(metric('otelcol_receiver_accepted_metric_points'), 10);
  assert.deepEqual(
    drops().map(({ count }) => count),
    [4],
  );
});

void test('a file that can not be read costs only its own values, and is counted', async () => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'host-metrics-'));
  try {
    // A folder can be opened and not read, by root as well.
    mkdirSync(path.join(root, 'proc', 'loadavg'), { recursive: true });
    writeFileSync(path.join(root, 'proc', 'uptime'), '12.5 3\n');
    const section = { root_path: root, collection_interval: '10ms', scrapers: { load: null, system: null } };
    await using running = await scraping(section);
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(
        (await running.next()).map(({ name, value }) => [name, value]),
        [['system.uptime', 12]],
      );
    }
    assert.ok(running.test.metric('otelcol_scraper_errored_metric_points', { scraper: 'load' }) >= 9);
    assert.equal(running.test.metric('otelcol_scraper_errored_metric_points', { scraper: 'system' }), 0);
  } finally {
    rmSync(root, { recursive: true });
  }
});

void test('a stop does not wait for a pipeline that never answers', async () => {
  const { context } = testContext({ kind: 'receiver', id: 'host_metrics', realTime: true });
  const section = { root_path: tree('machine'), initial_delay: '0s', scrapers: { load: null } };
  const asked = Promise.withResolvers<void>();
  const receiver = hostMetrics.create(hostMetrics.config.parse(section), context, {
    metrics: {
      consume: () => {
        asked.resolve();
        return Promise.withResolvers<void>().promise;
      },
    },
  });
  await receiver.start();
  await asked.promise;
  await receiver.stop(AbortSignal.timeout(20));
});

void test('a root_path that is not there fails the start', () => {
  const { context } = testContext({ kind: 'receiver', id: 'host_metrics' });
  const section = { root_path: '/does/not/exist', scrapers: { load: null } };
  const receiver = hostMetrics.create(hostMetrics.config.parse(section), context, {
    metrics: { consume: () => Promise.resolve() },
  });
  assert.throws(
    () => receiver.start(),
    (error: unknown) =>
      error instanceof AgentError && error.code === 'START_FAILED' && /does\/not\/exist/.test(error.message),
  );
});

void test('settings that are wrong are refused', () => {
  const refused = (section: object): void => {
    assert.throws(() => hostMetrics.config.parse(section));
  };
  refused({ scrapers: {} });
  refused({});
  refused({ scrapers: { invalidscraperkey: null } });
  refused({ scrapers: { cpu: null }, collection_interval: '0s' });
  refused({ scrapers: { cpu: { metrics: { 'system.cpu.tim': { enabled: true } } } } });
  refused({ scrapers: { cpu: { metrics: { 'system.cpu.time': { attributes: ['device'] } } } } });
  refused({ scrapers: { disk: { include: { devices: ['a'] } } } });
  refused({ scrapers: { disk: { include: { devices: ['('], match_type: 'regexp' } } } });
});
