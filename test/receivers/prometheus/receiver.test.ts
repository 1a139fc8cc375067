// The receiver against real targets, good and bad ones: what is handed on, what is said, and when series end.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from '../../../pipeline/delivery.ts';
import { objectOf } from './decoded.ts';
import { job, running, target } from './running.ts';

const PAGE = '# TYPE a counter\na{b="c"} 5\n# TYPE d gauge\nd 7\n';

// Each with targets and a receiver of its own, and mostly waiting.
void describe('the receiver', { concurrency: true }, () => {
  void test('a target is scraped, and its report says so', async () => {
    await using page = await target(PAGE);
    await using agent = await running(job([page.address], { extra_scrape_metrics: true }));
    await agent.until(() => agent.points('up').length >= 2);
    const [a] = agent.points('a');
    assert.deepEqual([a?.value, a?.attributes, a?.type], [5, { b: 'c' }, 'sum']);
    assert.equal(a?.resource['service.name'], 'test');
    assert.equal(a?.resource['service.instance.id'], page.address);
    const first = (name: string): number | undefined => agent.points(name)[0]?.value;
    assert.equal(first('up'), 1);
    assert.equal(first('scrape_samples_scraped'), 2);
    assert.equal(first('scrape_samples_post_metric_relabeling'), 2);
    assert.deepEqual(
      agent
        .points('scrape_series_added')
        .slice(0, 2)
        .map(({ value }) => value),
      [2, 0],
    );
    assert.equal(first('scrape_timeout_seconds'), 0.25);
    assert.equal(first('scrape_sample_limit'), 0);
    assert.equal(first('scrape_body_size_bytes'), PAGE.length);
    assert.ok((first('scrape_duration_seconds') ?? 0) > 0);
    // All of a scrape has one timestamp, and timestamps are an interval apart.
    const times = agent.points('up').map(({ timeUnixNano }) => Number(timeUnixNano) / 1e6);
    assert.equal(agent.points('a')[0]?.timeUnixNano, agent.points('up')[0]?.timeUnixNano);
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) > 150);
    await agent.until(() => agent.test.metric('otelcol_receiver_accepted_metric_points') === agent.sink.items);
    assert.equal(agent.test.metric('genesis_prometheus_targets', { job: 'test', health: 'up' }), 1);
    assert.deepEqual(agent.test.statuses, []);
  });

  /** Series whose last point says that they have ended. */
  function ended(agent: Awaited<ReturnType<typeof running>>): string[] {
    const last = new Map<string, boolean>();
    for (const batch of agent.sink.batches) {
      for (const { name, flags } of objectOf(batch)) last.set(name, (flags & 1) === 1);
    }
    return [...last].filter(([, isEnded]) => isEnded).map(([name]) => name);
  }

  const FAILURES: Readonly<
    Record<string, { readonly answer: Parameters<typeof breakWith>[1]; readonly says: RegExp; readonly more?: object }>
  > = {
    'another status': {
      answer: (_request, response) => response.writeHead(503).end(),
      says: /server returned HTTP status 503 Service Unavailable/,
    },
    'no answer in time': { answer: () => undefined, says: /no answer within 250 ms/ },
    'a body that is cut off': {
      answer: (_request, response) => {
        response.writeHead(200, { 'content-length': 1_000 });
        response.write('a 1\n');
        setTimeout(() => response.destroy(), 5);
      },
      says: /aborted/,
    },
    'more than body_size_limit': {
      answer: (_request, response) => response.end('a 1\n'.repeat(1_000)),
      says: /body size limit exceeded.*body_size_limit, 2048/,
      more: { body_size_limit: '2KB' },
    },
    'more than sample_limit': {
      answer: (_request, response) => response.setHeader('content-type', 'text/plain').end('a 1\nb 1\nc 1\n'),
      says: /sample/,
      more: { sample_limit: 2 },
    },
    'something that is no page': {
      answer: (_request, response) => response.setHeader('content-type', 'text/plain').end('<html>hello</html>\n'),
      says: /./,
    },
    'gzip that is broken': {
      answer: (_request, response) => response.setHeader('content-encoding', 'gzip').end('hello'),
      says: /gzip/,
    },
  };

  function breakWith(made: Awaited<ReturnType<typeof target>>, answer: (typeof made)['answer']): () => void {
    const { answer: before } = made;
    made.answer = answer;
    return () => {
      made.answer = before;
    };
  }

  for (const [what, { answer, says, more = {} }] of Object.entries(FAILURES)) {
    void test(`${what} ends the series, is said once, and is over when it is over`, async () => {
      await using page = await target(PAGE);
      await using agent = await running(job([page.address], { extra_scrape_metrics: true, ...more }));
      await agent.until(() => agent.points('a').length >= 1);
      const mend = breakWith(page, answer);
      await agent.until(() => agent.points('up').filter(({ value }) => value === 0).length >= 2);
      assert.deepEqual(ended(agent), ['a', 'd']);
      const size = agent.points('scrape_body_size_bytes').at(-1)?.value;
      if (what === 'more than body_size_limit') assert.equal(size, -1);
      const warnings = agent.log.filter(({ level }) => level === 'warn');
      assert.equal(warnings.length, 1, JSON.stringify(warnings));
      assert.match(String(warnings[0]?.fields['error']), says);
      assert.equal(agent.test.metric('genesis_prometheus_targets', { health: 'down' }), 1);
      mend();
      await agent.until(() => agent.points('up').at(-1)?.value === 1);
      assert.deepEqual(ended(agent), []);
      assert.equal(agent.log.filter(({ level }) => level === 'info').length, 1);
      // A target that fails is not a component that fails.
      assert.deepEqual(agent.test.statuses, []);
      assert.equal(agent.test.admission.usedBytes, 0);
    });
  }

  void test('a metric that changes its type goes on as what it is now', async () => {
    await using page = await target(PAGE);
    await using agent = await running(job([page.address]));
    await agent.until(() => agent.points('a').length > 0);
    page.answer = (_request, response) => {
      response.setHeader('content-type', 'text/plain');
      response.end('# TYPE a gauge\na{b="c"} 4\n# TYPE d counter\nd 3\n');
    };
    await agent.until(() => agent.points('a').at(-1)?.value === 4);
    assert.equal(agent.points('a').at(-1)?.type, 'gauge');
    assert.ok(agent.points('up').every(({ value }) => value === 1));
    assert.deepEqual(agent.log, []);
  });

  void test('what the pipeline refuses is dropped with its reason, and the next scrape is tried again', async () => {
    await using page = await target(PAGE);
    await using agent = await running(job([page.address]));
    agent.sink.fail = () => new Refused('the queue is full');
    await agent.until(() => agent.test.drops().length >= 2);
    agent.sink.fail = undefined;
    const [drop] = agent.test.drops();
    assert.deepEqual([drop?.rule, drop?.count, drop?.intentional], ['refused', 7, false]);
    assert.match(drop?.reason ?? '', /the queue is full/);
    await agent.until(() => agent.sink.batches.length > 0);
    assert.equal(agent.test.metric('otelcol_receiver_refused_metric_points') % 7, 0);
  });

  void test('a pipeline that does not answer holds up its target and nothing else', async () => {
    await using page = await target(PAGE);
    await using agent = await running(job([page.address]));
    const waiting = Promise.withResolvers<void>();
    agent.sink.gate = waiting.promise;
    await agent.until(() => page.scrapes === 1);
    await sleep(600);
    assert.equal(page.scrapes, 1);
    agent.sink.gate = undefined;
    waiting.resolve();
    await agent.until(() => agent.sink.batches.length >= 2);
  });

  void test('without memory for a page it is left out, and its series do not end', async () => {
    await using page = await target(`${PAGE}${'e 1\n'.repeat(1)}# ${'x'.repeat(100_000)}\n`);
    await using agent = await running(job([page.address]), {}, { admittedBytes: 512 << 10 });
    await agent.until(() => agent.sink.batches.length >= 1);
    agent.test.admission.acquire(800 << 10);
    await agent.until(() => agent.test.drops().length >= 1);
    assert.equal(agent.test.drops()[0]?.rule, 'no_memory');
    agent.test.admission.release(800 << 10);
    const before = agent.sink.batches.length;
    await agent.until(() => agent.sink.batches.length > before);
    assert.deepEqual(ended(agent), []);
    assert.ok(agent.points('up').every(({ value }) => value === 1));
  });

  void test('a target that goes away has its series ended after two intervals, one that comes back has not', async () => {
    await using one = await target('a 1\n');
    await using two = await target('b 1\n');
    const folder = mkdtempSync(path.join(os.tmpdir(), 'scrape-'));
    const file = path.join(folder, 'targets.json');
    const say = (...targets: string[]): void => {
      writeFileSync(`${file}.new`, JSON.stringify([{ targets, labels: { zone: 'x' } }]));
      renameSync(`${file}.new`, file);
    };
    try {
      say(one.address, two.address);
      const jobs = {
        scrape_configs: [
          {
            job_name: 'files',
            scrape_interval: '300ms',
            scrape_timeout: '300ms',
            file_sd_configs: [{ files: [file], refresh_interval: '100ms' }],
          },
        ],
      };
      await using agent = await running(jobs);
      await agent.until(() => agent.points('a').length > 0 && agent.points('b').length > 0);
      assert.equal(agent.points('a')[0]?.attributes['zone'], 'x');
      say(two.address);
      await agent.until(() => ended(agent).includes('a'));
      const lastUp = agent.points('up').findLast(({ resource }) => resource['service.instance.id'] === one.address);
      const lastA = agent.points('a').at(-1);
      // Its report has ended too, at the same time, which is when the next scrape would have been.
      assert.equal(lastUp?.timeUnixNano, lastA?.timeUnixNano);
      const before = Number(agent.points('a').at(-2)?.timeUnixNano) / 1e6;
      const gap = Number(lastA?.timeUnixNano) / 1e6 - before;
      assert.ok(gap > 150 && gap < 900, `${gap} ms after the last scrape`);
      say(one.address, two.address);
      await agent.until(() => agent.points('a').at(-1)?.value === 1);
      assert.ok(!ended(agent).includes('a'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  void test('the end of the receiver ends no series; one last scrape may be asked for', async () => {
    await using page = await target(PAGE);
    const agent = await running(job([page.address], { scrape_interval: '1h', scrape_timeout: '10s' }), {
      scrape_on_shutdown: true,
    });
    await agent.receiver.stop(AbortSignal.timeout(1_000));
    assert.equal(agent.points('a').length, 1);
    const other = await running(job([page.address]));
    await other.until(() => other.sink.batches.length > 0);
    await other.receiver.stop(AbortSignal.timeout(1_000));
    const scrapes = page.scrapes;
    await sleep(400);
    assert.equal(page.scrapes, scrapes);
    assert.deepEqual(ended(other), []);
  });

  void test('a target that hangs does not hold up the end', async () => {
    await using page = await target(PAGE);
    page.answer = () => undefined;
    const agent = await running(job([page.address], { scrape_interval: '1m', scrape_timeout: '1m' }), {
      initial_scrape_offset: '0s',
    });
    const startMs = performance.now();
    await agent.receiver.stop(AbortSignal.timeout(10_000));
    assert.ok(performance.now() - startMs < 5_000);
  });

  void test('more targets than target_limit are none', async () => {
    await using page = await target(PAGE);
    await using agent = await running(job([page.address, 'localhost:1'], { target_limit: 1 }));
    await agent.until(() => agent.points('up').length >= 2);
    assert.equal(page.scrapes, 0);
    assert.ok(agent.points('up').every(({ value }) => value === 0));
    assert.match(String(agent.log[0]?.fields['error']), /target_limit exceeded \(number of targets: 2, limit: 1\)/);
  });

  void test('failures are written to the file for them', async () => {
    await using page = await target(PAGE);
    page.answer = (_request, response) => response.writeHead(500).end();
    const folder = mkdtempSync(path.join(os.tmpdir(), 'scrape-'));
    const file = path.join(folder, 'failures.log');
    try {
      const agent = await running(job([page.address], { scrape_failure_log_file: file }));
      await agent.until(() => agent.points('up').length >= 2);
      await agent.receiver.stop(AbortSignal.timeout(1_000));
      const [line = '{}'] = readFileSync(file, 'utf8').split('\n');
      const said: unknown = JSON.parse(line);
      assert.deepEqual(Object.assign({}, said, { time: '' }), {
        time: '',
        level: 'ERROR',
        msg: 'server returned HTTP status 500 Internal Server Error',
        job_name: 'test',
        target: `http://${page.address}/metrics`,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
