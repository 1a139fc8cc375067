// What the receiver's own spans say of requests that end otherwise than well.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import type grpc from '@grpc/grpc-js';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import type { EndedSpan } from '../../../pipeline/own-telemetry/tracer.ts';
import { config } from '../../../receivers/otlp/config.ts';
import { OtlpReceiver } from '../../../receivers/otlp/receiver.ts';
import { freePorts } from '../../support/agent.ts';
import { Collector, opened, SOON, testContext } from '../../support/context.ts';
import { GrpcTestClient } from '../../support/grpc-client.ts';
import { httpRequest } from '../../support/http-request.ts';
import { recordSpans, spansEnded } from '../../support/own-spans.ts';
import { tracesRequest } from '../../support/requests.ts';

const BODY = tracesRequest(5);
const HEADERS = { 'content-type': 'application/x-protobuf' };

async function withReceiver(
  work: (made: {
    readonly grpcPort: number;
    readonly httpPort: number;
    readonly next: Collector;
    readonly ended: EndedSpan[];
  }) => Promise<void>,
): Promise<void> {
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const next = new Collector();
  const { context } = testContext({ kind: 'receiver', id: 'otlp' });
  const { spans, ended } = recordSpans('receiver', 'otlp');
  const protocols = { grpc: { endpoint: `127.0.0.1:${grpcPort}` }, http: { endpoint: `127.0.0.1:${httpPort}` } };
  const receiver = new OtlpReceiver(config.parse({ protocols }), { ...context, spans }, { traces: next });
  await receiver.start();
  try {
    await work({ grpcPort, httpPort, next, ended });
  } finally {
    await receiver.stop(SOON());
  }
}

void test('refused and rejected data is counted in the span of the receiver', { timeout: 10_000 }, () =>
  withReceiver(async ({ grpcPort, httpPort, next, ended }) => {
    next.fail = () => new Refused('busy');
    using client = new GrpcTestClient(grpcPort);
    await client.call({ body: BODY });
    next.fail = () => new Rejected('some are bad', { count: 2 });
    await httpRequest(`http://127.0.0.1:${httpPort}/v1/traces`, { headers: HEADERS, body: BODY });
    await spansEnded(ended, 4);
    const [refused, served, partly, answered] = ended;
    assert.deepEqual(refused?.attributes, {
      transport: 'grpc',
      format: 'protobuf',
      accepted_spans: 0,
      refused_spans: 5,
      failed_spans: 0,
    });
    assert.deepEqual([refused?.error, refused?.parent?.spanId], ['busy', served?.context.spanId]);
    assert.deepEqual([served?.attributes['rpc.response.status_code'], served?.error], ['UNAVAILABLE', 'busy']);
    assert.deepEqual(
      ['accepted_spans', 'refused_spans', 'failed_spans'].map((name) => partly?.attributes[name]),
      [3, 0, 2],
    );
    assert.deepEqual([answered?.attributes['http.response.status_code'], answered?.error], [200, undefined]);
  }),
);

void test('data on its way carries the span of the receiver', { timeout: 10_000 }, () =>
  withReceiver(async ({ httpPort, next, ended }) => {
    await httpRequest(`http://127.0.0.1:${httpPort}/v1/traces`, { headers: HEADERS, body: BODY });
    await spansEnded(ended, 2);
    assert.equal(next.batches[0]?.context.span?.context, ended[0]?.context);
  }),
);

void test('the span of a client that has gone ends with it', { timeout: 10_000 }, () =>
  withReceiver(async ({ grpcPort, httpPort, next, ended }) => {
    const gate = opened();
    next.gate = gate.promise;
    using client = new GrpcTestClient(grpcPort);
    let call: grpc.ClientUnaryCall | undefined;
    const answer = client.call({ body: BODY, started: (under) => (call = under) });
    const request = http.request(`http://127.0.0.1:${httpPort}/v1/traces`, { method: 'POST', headers: HEADERS });
    request.on('error', () => undefined);
    request.end(BODY);
    await new Promise((resolve) => setTimeout(resolve, 50));
    call?.cancel();
    request.destroy();
    await answer;
    await spansEnded(ended, 2);
    const outcomes = ended.map(({ kind, attributes, error }) => [
      kind,
      attributes['rpc.response.status_code'] ?? attributes['http.response.status_code'],
      error,
    ]);
    assert.deepEqual(
      outcomes.toSorted(([, a], [, b]) => String(a).localeCompare(String(b))),
      [
        ['server', 'CANCELLED', undefined],
        ['server', undefined, undefined],
      ],
    );
    gate.open();
    await spansEnded(ended, 4);
  }),
);

void test('a method nobody knows is not part of a name, and a failure of ours is an error', { timeout: 10_000 }, () =>
  withReceiver(async ({ httpPort, next, ended }) => {
    await httpRequest(`http://127.0.0.1:${httpPort}/any/thing?a=b`, { method: 'PURGE', body: '' });
    next.fail = () => new Refused('busy');
    await httpRequest(`http://127.0.0.1:${httpPort}/v1/traces`, {
      headers: { ...HEADERS, 'x-forwarded-for': '10.1.2.3, 10.9.9.9' },
      body: BODY,
    });
    await spansEnded(ended, 3);
    const [unknown, , failed] = ended;
    assert.deepEqual([unknown?.name, unknown?.attributes['url.path']], ['PURGE', '/any/thing']);
    assert.deepEqual(
      [
        failed?.name,
        failed?.attributes['http.response.status_code'],
        failed?.attributes['client.address'],
        failed?.error,
      ],
      ['POST /v1/traces', 503, '10.1.2.3', ''],
    );
  }),
);
