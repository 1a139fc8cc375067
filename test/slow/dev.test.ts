// `npm run dev` on other ports: telemetry of the demo shop arrives, and everything ends with the agent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePorts, Program } from '../support/agent.ts';

const DEV = fileURLToPath(new URL('../../cmd/scripts/dev.ts', import.meta.url));

void test('traces, metrics and logs of the demo arrive, until the agent is stopped', async () => {
  const [grpc = 0, http = 0, health = 0, admin = 0, prometheus = 0] = await freePorts(5);
  await using program = new Program({
    command: process.execPath,
    argsBefore: [DEV],
    // Over agent.yaml, which `npm run dev` names first.
    config: {
      receivers: {
        otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${grpc}` }, http: { endpoint: `127.0.0.1:${http}` } } },
      },
      exporters: { prometheus: { endpoint: `127.0.0.1:${prometheus}` } },
      extensions: { health_check: { endpoint: `127.0.0.1:${health}` }, zpages: { endpoint: `127.0.0.1:${admin}` } },
      service: { telemetry: { metrics: { level: 'none' } } },
    },
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`,
      OTEL_METRIC_EXPORT_INTERVAL: '300',
      OTEL_METRIC_EXPORT_TIMEOUT: '300',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BLRP_SCHEDULE_DELAY: '100',
    },
  });
  for (const signal of [/Traces/, /Metrics/, /Logs/]) await program.said(signal);
  const page = await (await fetch(`http://127.0.0.1:${prometheus}/metrics`)).text();
  assert.match(page, /^system_cpu_time_seconds_total\{/m);
  assert.match(page, /job="/, "the shop's metrics are there as well");
  // It resolves once nobody holds the output any more: neither the agent nor the shop is left.
  const { code, stderr } = await program.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Stopped/);
});
