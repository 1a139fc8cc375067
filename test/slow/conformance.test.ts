// The command that asks the clauses of the OTLP specification: all 19 of the agent, with its own limits and beside the
// collector where there is one, and of an endpoint whose destination is not ours.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../house/sources.ts';
import { freePorts, startAgent } from '../support/agent.ts';

function conformance(...args: readonly string[]): { code: number | null; output: string } {
  const command = path.join(ROOT, 'test', 'conformance', 'run.ts');
  const ran = spawnSync(process.execPath, [command, ...args], { cwd: ROOT, encoding: 'utf8', timeout: 120_000 });
  return { code: ran.status, output: `${ran.stdout}${ran.stderr}` };
}

void test('the agent keeps all 19 clauses', () => {
  const { code, output } = conformance('--agent');
  assert.equal(code, 0, output);
  assert.match(output, /^genesis-agent .*\n[\s\S]*^19\/19 clauses met$/m);
});

void test('an endpoint is asked what can be seen from outside', async () => {
  const [grpc = 0, http = 0] = await freePorts(2);
  await using agent = await startAgent({
    config: {
      receivers: {
        otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${grpc}` }, http: { endpoint: `127.0.0.1:${http}` } } },
      },
      exporters: { nop: {} },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } },
      },
    },
  });
  const { code, output } = conformance('--grpc', `127.0.0.1:${grpc}`, '--http', `http://127.0.0.1:${http}`);
  assert.equal(code, 0, output);
  assert.match(output, /^S6 not asked/m);
  assert.match(output, /^10\/11 clauses met$/m);
  assert.ok(agent.isRunning);
});

void test('an endpoint that misses a clause fails the command', async () => {
  const [http = 0] = await freePorts(1);
  await using agent = await startAgent({
    config: {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${http}`, max_request_body_size: 1 << 20 } } } },
      exporters: { nop: {} },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } },
      },
    },
  });
  const { code, output } = conformance('--http', `http://127.0.0.1:${http}`);
  assert.equal(code, 1, output);
  assert.match(output, /^S3 missed/m);
  assert.ok(agent.isRunning);
});
