// The exporter of remote write beside the collector's: the same requests, the same series. With RECORD=1 what the collector
// sends is written to test/data/prometheus-remote-write.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchOf } from '../../pipeline/batch.ts';
import { comparableSeries } from '../exporters/prometheus_remote_write/messages.ts';
import { asTheCollectors, REQUESTS, SETTINGS } from '../exporters/prometheus_remote_write/cases.ts';
import { arbitraryRequests } from '../exporters/prometheus_remote_write/arbitrary.ts';
import { sentBy } from '../exporters/prometheus_remote_write/running.ts';
import { type Sink, startSink } from '../exporters/prometheus_remote_write/sink.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { httpRequest } from '../support/http-request.ts';
import { batchOfJson } from '../support/processor.ts';

const otelcol = process.env['OTELCOL'];

function reasonToSkip(): string | false {
  if (otelcol === undefined) return 'OTELCOL is not set (bench/otelcol/build.sh builds it)';
  const { stdout } = spawnSync(otelcol, ['components'], { encoding: 'utf8' });
  return stdout.includes('name: prometheus_remote_write\n') ? false : 'this OTELCOL has no prometheus_remote_write';
}

/** Lines of everything the sink got; waits until nothing more has come for a while. */
async function lines(sink: Sink, atLeast: number): Promise<string[]> {
  let before = -1;
  for (let attempt = 0; attempt < 100; attempt++) {
    const { length } = sink.received;
    if (length >= atLeast && length === before) break;
    before = length;
    await sleep(200);
  }
  return comparableSeries(sink.received.map(({ request }) => request));
}

async function sendAll(port: number, bodies: readonly Uint8Array[]): Promise<void> {
  for (const body of bodies) {
    const headers = { 'content-type': 'application/x-protobuf' };
    const { status } = await httpRequest(`http://127.0.0.1:${port}/v1/metrics`, { headers, body });
    assert.equal(status, 200);
  }
}

async function sendTo(port: number): Promise<void> {
  for (const request of REQUESTS) {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(request);
    const { status } = await httpRequest(`http://127.0.0.1:${port}/v1/metrics`, { headers, body });
    assert.equal(status, 200);
  }
}

void test('the same series as the collector', { skip: reasonToSkip() }, async () => {
  const names = Object.keys(SETTINGS);
  const [otlp = 0] = await freePorts(1);
  const sinks = await Promise.all(names.map(() => startSink()));
  const exporters = Object.fromEntries(
    names.map((name, index) => [`prometheus_remote_write/${name}`, { endpoint: sinks[index]?.url, ...SETTINGS[name] }]),
  );
  try {
    await using peer = await startAgent({
      command: otelcol ?? '',
      args: ['--feature-gates=exporter.prometheusremotewritexporter.enableSendingRW2'],
      config: {
        receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
        exporters,
        service: {
          telemetry: { metrics: { level: 'none' } },
          pipelines: { metrics: { receivers: ['otlp'], exporters: Object.keys(exporters) } },
        },
      },
    });
    assert.ok(peer.isRunning);
    await sendTo(otlp);
    for (const [index, name] of names.entries()) {
      const sink = sinks[index];
      assert.ok(sink);
      const file = new URL(`../data/prometheus-remote-write/${name}.txt`, import.meta.url);
      const expected = await lines(sink, REQUESTS.length);
      if (process.env['RECORD'] === '1') writeFileSync(file, `${expected.join('\n')}\n`);
      const received = await sentBy(
        SETTINGS[name] ?? {},
        REQUESTS.map((request) => batchOfJson('metrics', request)),
      );
      assert.deepEqual(asTheCollectors(received), expected, name);
    }
  } finally {
    for (const sink of sinks) await sink[Symbol.asyncDispose]();
  }
});

void test('the same series as the collector, of any metrics', { skip: reasonToSkip() }, async () => {
  for (const [name, seed] of [
    ['defaults', 11],
    ['custom_buckets', 12],
    ['v2_everything', 13],
    ['v2_no_translation', 14],
  ] as const) {
    const settings = SETTINGS[name] ?? {};
    const bodies = arbitraryRequests(seed, 400);
    await using sink = await startSink();
    const [otlp = 0] = await freePorts(1);
    await using peer = await startAgent({
      command: otelcol ?? '',
      args: ['--feature-gates=exporter.prometheusremotewritexporter.enableSendingRW2'],
      config: {
        receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
        exporters: { prometheus_remote_write: { endpoint: sink.url, ...settings } },
        service: {
          telemetry: { metrics: { level: 'none' } },
          pipelines: { metrics: { receivers: ['otlp'], exporters: ['prometheus_remote_write'] } },
        },
      },
    });
    assert.ok(peer.isRunning);
    await sendAll(otlp, bodies);
    const expected = await lines(sink, bodies.length);
    const received = await sentBy(
      settings,
      bodies.map((body) => batchOf('metrics', body, 40)),
    );
    assert.ok(expected.length > 400, String(expected.length));
    assert.deepEqual(asTheCollectors(received), expected, name);
  }
});
