// A collector before the agent and one behind it: what the first one wrote to a file and what the last one did has to
// be the same, span by span, in every compression both know. The collector's path is in OTELCOL.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { spansRequest } from '../../../bench/proto-request.ts';
import { freePorts, startAgent } from '../../support/agent.ts';
import { httpRequest } from '../../support/http-request.ts';
import { flatSpans, normal } from '../../support/otlp-objects.ts';
import { pipelines } from '../../support/pipelines.ts';
import { encode } from '../../proto/reference.ts';

const command = process.env['OTELCOL'] ?? '';
const skip = existsSync(command) ? false : 'OTELCOL does not name a collector';
const folder = mkdtempSync(path.join(os.tmpdir(), 'interop-collector-'));
after(() => rmSync(folder, { recursive: true }));

const REQUESTS = 5;
const SPANS = 200;

/** A collector that takes OTLP over HTTP or gRPC, writes it to a file, and sends it on. */
function collector(at: { grpc: number; http: number }, file: string, exporter?: [string, object]): object {
  const exporters = { file: { path: file }, ...(exporter ? { [exporter[0]]: exporter[1] } : {}) };
  const pipeline = { receivers: ['otlp'], exporters: Object.keys(exporters) };
  return {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${at.grpc}` }, http: { endpoint: `127.0.0.1:${at.http}` } } },
    },
    exporters,
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
    },
  };
}

function sendTo(protocol: 'grpc' | 'http', port: number, compression: string): [string, object] {
  return protocol === 'grpc'
    ? ['otlp_grpc', { endpoint: `127.0.0.1:${port}`, tls: { insecure: true }, compression }]
    : ['otlp_http', { endpoint: `http://127.0.0.1:${port}`, compression }];
}

function written(file: string): Record<string, unknown>[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** What a file holds of one kind, without an order. */
function sorted(requests: readonly Record<string, unknown>[], key: string): string[] {
  return requests
    .filter((request) => key in request)
    .flatMap((request) => request[key] as unknown[])
    .map((entry) => JSON.stringify(normal(entry)))
    .sort();
}

function example(name: string): string {
  return readFileSync(new URL(`../../data/otlp-examples/${name}.json`, import.meta.url), 'utf8');
}

async function through(protocol: 'grpc' | 'http', compression: string): Promise<void> {
  const [frontGrpc = 0, frontHttp = 0, ourGrpc = 0, ourHttp = 0, backGrpc = 0, backHttp = 0] = await freePorts(6);
  const frontFile = path.join(folder, `${protocol}-${compression}-front.json`);
  const backFile = path.join(folder, `${protocol}-${compression}-back.json`);
  await using back = await startAgent({ command, config: collector({ grpc: backGrpc, http: backHttp }, backFile) });
  const [exporter, settings] = sendTo(protocol, protocol === 'grpc' ? backGrpc : backHttp, compression);
  await using agent = await startAgent({
    config: pipelines({ grpcPort: ourGrpc, httpPort: ourHttp, exporter, settings }),
  });
  const toUs = sendTo(protocol, protocol === 'grpc' ? ourGrpc : ourHttp, compression);
  await using front = await startAgent({
    command,
    config: collector({ grpc: frontGrpc, http: frontHttp }, frontFile, toUs),
  });
  for (let request = 1; request <= REQUESTS; request++) {
    const body = encode('traces', spansRequest(SPANS, request));
    const headers = { 'content-type': 'application/x-protobuf' };
    const answer = await httpRequest(`http://127.0.0.1:${frontHttp}/v1/traces`, { headers, body });
    assert.equal(answer.status, 200);
  }
  for (const [name, signal] of [
    ['metrics', 'metrics'],
    ['logs', 'logs'],
    ['events', 'logs'],
    ['trace', 'traces'],
  ] as const) {
    const headers = { 'content-type': 'application/json' };
    const answer = await httpRequest(`http://127.0.0.1:${frontHttp}/v1/${signal}`, { headers, body: example(name) });
    assert.equal(answer.status, 200);
  }
  // Each drains its queue into the next before that one stops.
  for (const program of [front, agent, back]) {
    const { code, stderr } = await program.stop();
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /\terror\t/);
  }
  const sent = written(frontFile);
  const received = written(backFile);
  const spans = flatSpans(received);
  assert.equal(spans.length, REQUESTS * SPANS + 1);
  assert.deepEqual(spans, flatSpans(sent));
  for (const key of ['resourceMetrics', 'resourceLogs']) assert.deepEqual(sorted(received, key), sorted(sent, key));
}

const COMPRESSIONS = {
  grpc: ['none', 'gzip', 'zstd', 'snappy'],
  http: ['none', 'gzip', 'zstd', 'snappy', 'deflate', 'zlib'],
} as const;

for (const protocol of ['grpc', 'http'] as const) {
  for (const compression of COMPRESSIONS[protocol]) {
    void test(`${protocol}, ${compression}`, { skip }, () => through(protocol, compression));
  }
}
