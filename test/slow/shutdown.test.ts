// A stop while the destination takes nothing: it ends within its deadline and says exactly what was lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePorts, startAgent } from '../support/agent.ts';
import { httpDestination } from '../support/destination.ts';
import { httpRequest } from '../support/http-request.ts';
import { tracesRequest } from '../support/requests.ts';

/** The agent drains for 25 s at most. */
const DEADLINE_MS = 25_000;
const LATE_MS = 5_000;
const REQUESTS = 40;
const SPANS = 7;

void test('what a memory queue still held is counted to the last span', { timeout: 60_000 }, async () => {
  await using destination = await httpDestination();
  const [receiver = 0, dead = 0] = await freePorts(2);
  await using agent = await startAgent({
    config: {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${receiver}` } } } },
      exporters: {
        'otlp_http/dead': { endpoint: `http://127.0.0.1:${dead}` },
        'otlp_http/alive': { endpoint: `http://127.0.0.1:${destination.port}` },
      },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_http/dead', 'otlp_http/alive'] } },
      },
    },
  });
  for (let request = 0; request < REQUESTS; request += 1) {
    const { status } = await httpRequest(`http://127.0.0.1:${receiver}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: tracesRequest(SPANS),
    });
    assert.equal(status, 200);
  }
  const began = performance.now();
  const { code, stderr } = await agent.stop();
  assert.equal(code, 0);
  assert.ok(performance.now() - began < DEADLINE_MS + LATE_MS);
  const lost = [...stderr.matchAll(/Items lost\.\t(\{.*\})/g)].map(
    // The log's fields.
    ([, fields = '{}']) => JSON.parse(fields) as { component: string; rule: string; items: number },
  );
  const ofDead = lost.filter(({ component }) => component === 'exporter:otlp_http/dead');
  assert.equal(
    ofDead.reduce((sum, { items }) => sum + items, 0),
    REQUESTS * SPANS,
  );
  assert.deepEqual([...new Set(ofDead.map(({ rule }) => rule))], ['shutdown']);
  assert.deepEqual(
    lost.filter(({ component }) => component !== 'exporter:otlp_http/dead'),
    [],
  );
});
