// A Jaeger that somebody runs, its address in JAEGER_URL (OTLP over gRPC at JAEGER_OTLP, localhost:4317 unless given):
// a trace sent through the agent is found again by Jaeger's own API.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { freePorts, startAgent } from '../../support/agent.ts';
import { httpRequest } from '../../support/http-request.ts';
import { pipelines } from '../../support/pipelines.ts';

const url = process.env['JAEGER_URL'];
const skip = url === undefined ? 'JAEGER_URL does not name a Jaeger' : false;
const ATTEMPTS = 40;

void test('a trace sent through the agent is shown by Jaeger', { skip }, async () => {
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const settings = { endpoint: process.env['JAEGER_OTLP'] ?? 'localhost:4317', tls: { insecure: true } };
  await using agent = await startAgent({ config: pipelines({ grpcPort, httpPort, exporter: 'otlp_grpc', settings }) });
  const traceId = randomBytes(16).toString('hex');
  const now = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'interop',
    kind: 2,
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now + 5_000_000n),
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'interop' } }] };
  const answer = await httpRequest(`http://127.0.0.1:${httpPort}/v1/traces`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  });
  assert.equal(answer.status, 200);
  assert.equal((await agent.stop()).code, 0);
  let text = '';
  for (let attempt = 0; attempt < ATTEMPTS && !text.includes('interop'); attempt++) {
    text = (await httpRequest(`${url}/api/traces/${traceId}`, { method: 'GET' })).body.toString();
    if (!text.includes('interop')) await sleep(250);
  }
  assert.match(text, /"operationName":\s*"interop"/);
});
