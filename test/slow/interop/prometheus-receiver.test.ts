// The same pages scraped twice: by Prometheus itself, and by an agent that writes what it got to the same Prometheus. Every series
// is asked for and compared value by value. The pages are what Prometheus and node_exporter say of themselves, in every format
// they have. Needs prometheus and prometheus-node-exporter (install-peers.sh).

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, startAgent } from '../../support/agent.ts';
import { httpRequest } from '../../support/http-request.ts';
import { currentPrometheus, nodeExporter, prometheus, type Peer } from '../../support/peers.ts';

const NODE_EXPORTER = nodeExporter();
/** Those there are; the same one counts once. */
const PEERS: readonly (readonly [string, Peer])[] = [
  ['Prometheus 2', prometheus()],
  ['Prometheus 3', currentPrometheus()],
];

const ACCEPT = {
  text: 'text/plain;version=0.0.4',
  openmetrics: 'application/openmetrics-text;version=1.0.0',
  protobuf: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
} as const;

interface Page {
  readonly contentType: string;
  readonly body: Buffer;
}

async function fetchPage(port: number, accept: string): Promise<Page> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } });
  return { contentType: answer.headers.get('content-type') ?? '', body: Buffer.from(await answer.arrayBuffer()) };
}

/** Serves pages that do not change any more, by path. */
async function frozen(pages: ReadonlyMap<string, Page>): Promise<{ readonly port: number; close(): void }> {
  const server = http.createServer((request, response) => {
    const page = pages.get(request.url ?? '');
    response.setHeader('content-type', page?.contentType ?? 'text/plain').end(page?.body ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function start(program: string, args: readonly string[]): { readonly child: ChildProcess; stop(): Promise<void> } {
  const child = spawn(program, args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  return {
    child,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function ready(url: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const answer = await httpRequest(url, { method: 'GET' }).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(100);
  }
  assert.fail(`${url} did not become ready`);
}

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly histogram?: readonly [number, object];
}

async function query(port: number, expression: string): Promise<readonly Found[]> {
  const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = await httpRequest(url, { method: 'GET' });
  // Safe: Prometheus' documented answer to an instant query that selects a vector.
  const { data } = JSON.parse(answer.body.toString()) as { data?: { result: readonly Found[] } };
  return data?.result ?? assert.fail(answer.body.toString());
}

/** What Prometheus adds for itself, and what differs from scrape to scrape or is the way of remote write. */
const OWN = /^(?:scrape_duration_seconds|scrape_series_added|target_info)$/;

const BOUNDS = new Set(['le', 'quantile']);

/** Series without job, with their values. */
async function seriesOf(port: number, job: string): Promise<ReadonlyMap<string, string>> {
  const found = await query(port, `{job="${job}"}`);
  return new Map(
    found
      .filter(({ metric }) => !OWN.test(metric['__name__'] ?? ''))
      .map(({ metric, value, histogram }) => {
        // Bounds are numbers, which are spelt 1 and 1.0, 0.0000001 and 1e-07.
        const labels = Object.entries(metric)
          .filter(([name]) => name !== 'job')
          .map(([name, text]) => [name, BOUNDS.has(name) ? String(Number(text.replace('Inf', 'Infinity'))) : text]);
        return [
          JSON.stringify(labels.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))),
          value?.[1] ?? JSON.stringify(histogram?.[1]),
        ];
      }),
  );
}

for (const [name, peer] of PEERS) {
  void test(`${name} has the same series from us as from its own scrapes`, { skip: peer.skip }, async (t) => {
    const [listen = 0, nodePort = 0] = await freePorts(2);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'prometheus-receiver-'));
    const isThird = name.endsWith('3');
    // What Prometheus says of itself comes first, from one that scrapes nothing.
    const file = path.join(folder, 'prometheus.yml');
    writeFileSync(file, 'scrape_configs: []\n');
    const args = (data: string): string[] => [
      `--config.file=${file}`,
      `--storage.tsdb.path=${path.join(folder, data)}`,
      `--web.listen-address=127.0.0.1:${listen}`,
      '--web.enable-remote-write-receiver',
      ...(isThird ? [] : ['--enable-feature=native-histograms']),
    ];
    const pages = new Map<string, Page>();
    const first = start(peer.program, args('first'));
    try {
      await ready(`http://127.0.0.1:${listen}/-/ready`);
      for (const [format, accept] of Object.entries(ACCEPT)) pages.set(`/${format}`, await fetchPage(listen, accept));
    } finally {
      await first.stop();
    }
    if (!NODE_EXPORTER.skip) {
      const node = start(NODE_EXPORTER.program, [`--web.listen-address=127.0.0.1:${nodePort}`]);
      try {
        await ready(`http://127.0.0.1:${nodePort}/metrics`);
        pages.set('/node', await fetchPage(nodePort, ACCEPT.text));
      } finally {
        await node.stop();
      }
    }
    const server = await frozen(pages);
    const jobs = (prefix: string): object[] =>
      [...pages.keys()].map((at) => ({
        job_name: `${prefix}${at}`,
        metrics_path: at,
        scrape_interval: '1s',
        static_configs: [{ targets: [`127.0.0.1:${server.port}`] }],
        ...(at === '/protobuf' && isThird ? { scrape_native_histograms: true } : {}),
      }));
    writeFileSync(file, JSON.stringify({ scrape_configs: jobs('theirs') }));
    const running = start(peer.program, args('second'));
    try {
      await ready(`http://127.0.0.1:${listen}/-/ready`);
      await using agent = await startAgent({
        config: {
          receivers: {
            prometheus: {
              config: {
                scrape_configs: jobs('ours').map((job) => ({ ...job, scrape_native_histograms: true })),
              },
            },
          },
          exporters: {
            prometheus_remote_write: {
              endpoint: `http://127.0.0.1:${listen}/api/v1/write`,
              translation_strategy: 'UnderscoreEscapingWithoutSuffixes',
              disable_scope_info: true,
            },
          },
          service: {
            telemetry: { metrics: { level: 'none' } },
            pipelines: { metrics: { receivers: ['prometheus'], exporters: ['prometheus_remote_write'] } },
          },
        },
      });
      // Prometheus looks for its targets after five seconds; then both have scraped all of them.
      for (let turn = 0; turn < 300; turn++) {
        const [ups] = await query(listen, 'count(up == 1)');
        if (Number(ups?.value?.[1]) === 2 * pages.size) break;
        await sleep(100);
      }
      await sleep(2_000);
      assert.ok(agent.isRunning);
      for (const at of pages.keys()) {
        const [theirs, ours] = [await seriesOf(listen, `theirs${at}`), await seriesOf(listen, `ours${at}`)];
        const differing = [...theirs].filter(([key, value]) => ours.get(key) !== value);
        const more = [...ours].filter(([key]) => !theirs.has(key));
        t.diagnostic(`${at}: ${theirs.size} series compared`);
        assert.deepEqual(
          differing.slice(0, 5).map(([key, value]) => [key, value, ours.get(key)]),
          [],
          `${at}: ${differing.length} of ${theirs.size} series differ`,
        );
        assert.deepEqual(more.slice(0, 5), [], `${at}: ${more.length} series more`);
        assert.ok(theirs.size > 100, `${at}: only ${theirs.size} series`);
      }
    } finally {
      await running.stop();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
