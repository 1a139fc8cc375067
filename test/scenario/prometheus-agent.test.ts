// A whole agent in place of a Prometheus in agent mode: the example with its addresses replaced, scraping real targets that a
// file names and writing them on by remote write, while one goes away and comes back, and the configuration is reloaded.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { STALE } from '../exporters/prometheus_remote_write/messages.ts';
import { startSink, type Sink } from '../exporters/prometheus_remote_write/sink.ts';
import { target } from '../receivers/prometheus/running.ts';
import { startAgent } from '../support/agent.ts';

const EXAMPLE = new URL('../../examples/prometheus-agent.yaml', import.meta.url);

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly isStale: boolean;
  readonly timeMs: number;
}

/** Every sample of a metric that has arrived, oldest first. */
function samples(sink: Sink, name: string): Sample[] {
  const found: Sample[] = [];
  for (const { request } of sink.received) {
    for (const series of request.timeseries) {
      const labels = Object.fromEntries((series.labels ?? []).map((label) => [label.name, label.value]));
      if (labels['__name__'] !== name) continue;
      for (const { value, timestamp } of series.samples) {
        found.push({
          labels,
          value,
          isStale: value === STALE,
          timeMs: Number(timestamp),
        });
      }
    }
  }
  return found.toSorted((a, b) => a.timeMs - b.timeMs);
}

void test('the example scrapes, follows its files and reloads, and writes it all on', async () => {
  await using node = await target(
    '# TYPE node_load1 gauge\nnode_load1 0.5\n# TYPE go_gc_cycles counter\ngo_gc_cycles 1\n',
  );
  let requests = 0;
  const page = (): string => `# TYPE shop_requests counter\nshop_requests_total ${++requests}\ngo_gc_runs 3\n`;
  await using shop = await target(page);
  await using cart = await target('cart_items 4\n');
  await using sink = await startSink();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'prometheus-agent-'));
  const say = (...targets: string[]): void => {
    writeFileSync(path.join(folder, 'new'), JSON.stringify([{ targets, labels: { team: 'shop' } }]));
    renameSync(path.join(folder, 'new'), path.join(folder, 'targets.json'));
  };
  const text = readFileSync(EXAMPLE, 'utf8')
    .replace('scrape_interval: 15s', 'scrape_interval: 200ms')
    .replace('localhost:9100', node.address)
    .replace('/etc/genesis-agent/targets/*.json]', `${folder}/*.json]\n              refresh_interval: 100ms`)
    .replace('http://localhost:9090/api/v1/write', sink.url);
  const configuration: unknown = parse(text);
  assert.ok(typeof configuration === 'object' && configuration);
  const until = async (what: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 400; turn++) {
      if (what()) return;
      await sleep(25);
    }
    throw new Error(`waited 10 s for ${what.toString()}`);
  };
  const upOf = (address: string): Sample[] =>
    samples(sink, 'up').filter(({ labels }) => labels['instance'] === address);
  try {
    say(shop.address, cart.address);
    await using agent = await startAgent({
      config: {
        ...configuration,
        service: { ...Object(parse(text).service), telemetry: { metrics: { level: 'none' } } },
      },
    });
    await until(() => samples(sink, 'shop_requests_total').length >= 3 && samples(sink, 'cart_items').length >= 2);
    const [first, second] = samples(sink, 'shop_requests_total');
    assert.deepEqual(first?.labels, {
      __name__: 'shop_requests_total',
      cluster: 'demo',
      host: '127.0.0.1',
      instance: shop.address,
      job: 'services',
      team: 'shop',
    });
    assert.equal((second?.value ?? 0) - (first?.value ?? 0), 1);
    assert.equal(samples(sink, 'node_load1')[0]?.value, 0.5);
    // Dropped by metric relabelling in one job and not in the other.
    assert.equal(samples(sink, 'go_gc_runs').length, 0);
    assert.ok(samples(sink, 'go_gc_cycles_total').length + samples(sink, 'go_gc_cycles').length > 0);

    // A reload that changes nothing: no series is new, and none is scraped out of turn.
    const added = (): Sample[] =>
      samples(sink, 'scrape_series_added').filter(({ labels }) => labels['instance'] === node.address);
    const known = added().length;
    agent.signal('SIGHUP');
    await until(() => added().length >= known + 3);
    assert.deepEqual(
      new Set(
        added()
          .slice(known)
          .map(({ value }) => value),
      ),
      new Set([0]),
    );

    // A target leaves the file: its series end, and begin again when it comes back.
    say(shop.address);
    await until(() => samples(sink, 'cart_items').at(-1)?.isStale === true);
    assert.equal(upOf(cart.address).at(-1)?.isStale, true);
    say(shop.address, cart.address);
    await until(() => samples(sink, 'cart_items').at(-1)?.value === 4);

    // A target is down: up says so, its series end.
    shop.answer = (_request, response) => response.writeHead(500).end();
    await until(() => upOf(shop.address).at(-1)?.value === 0);
    assert.equal(samples(sink, 'shop_requests_total').at(-1)?.isStale, true);

    // A reload with another interval while it is down, and it comes back.
    const changed: unknown = parse(text.replace('scrape_interval: 200ms', 'scrape_interval: 300ms'));
    writeFileSync(agent.configFile, JSON.stringify({ ...Object(changed) }));
    agent.signal('SIGHUP');
    await agent.said(/[Cc]onfiguration.*(?:appl|reload)|reload/);
    shop.answer = (_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(page());
    };
    const before = samples(sink, 'shop_requests_total').length;
    await until(() => samples(sink, 'shop_requests_total').length > before + 1);
    assert.equal(upOf(shop.address).at(-1)?.value, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
