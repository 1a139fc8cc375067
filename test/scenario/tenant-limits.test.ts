// Two tenants send at once to an agent of several threads: one is held to its limits, the other does not notice; a reload
// changes the limits and goes on with what was used.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { registry } from '../../cmd/registry.ts';
import { loadConfiguration } from '../../pipeline/config/load.ts';
import { decodeStatus } from '../../proto/status.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { httpRequest } from '../support/http-request.ts';
import { tracesRequest } from '../support/requests.ts';

const THREADS = 3;
const REQUESTS = 45;
/** So little that none comes back while the test runs. */
const RATE = 0.001;

interface Ports {
  readonly http: number;
  readonly admin: number;
}

function configuration(at: Ports, burst: number): object {
  return {
    receivers: {
      otlp: {
        protocols: {
          http: {
            endpoint: `127.0.0.1:${at.http}`,
            auth: { authenticator: 'basicauth' },
            middlewares: [{ id: 'tenant_limits' }],
          },
        },
      },
    },
    exporters: { nop: {} },
    extensions: {
      basicauth: { htpasswd: { inline: 'ann:{PLAIN}pass\nbob:{PLAIN}pass\n' } },
      tenant_limits: { tenants: { ann: { requests_per_second: RATE, request_burst: burst }, bob: {} } },
      zpages: { endpoint: `127.0.0.1:${at.admin}` },
    },
    service: {
      workers: THREADS,
      extensions: ['zpages', 'tenant_limits', 'basicauth'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } },
    },
  };
}

/** How many requests of each were taken; every one on a connection of its own, which the kernel gives to some thread. */
async function load(at: Ports): Promise<{ ann: number; bob: number; refusals: ReadonlySet<string> }> {
  const taken = { ann: 0, bob: 0 };
  const refusals = new Set<string>();
  const send = async (user: 'ann' | 'bob'): Promise<void> => {
    const { status, body, headers } = await httpRequest(`http://127.0.0.1:${at.http}/v1/traces`, {
      headers: {
        'content-type': 'application/x-protobuf',
        connection: 'close',
        authorization: `Basic ${Buffer.from(`${user}:pass`).toString('base64')}`,
      },
      body: tracesRequest(2),
    });
    if (status === 200) taken[user] += 1;
    else refusals.add(`${status} ${String(headers['ratelimit-policy'])} ${decodeStatus(body)?.message}`);
  };
  const requests = Array.from({ length: 2 * REQUESTS }, (_, index) => send(index % 2 === 0 ? 'ann' : 'bob'));
  await Promise.all(requests);
  return { ...taken, refusals };
}

/** Of all threads together. */
async function figure(at: Ports, name: string, tenant: string): Promise<number> {
  const { body } = await httpRequest(`http://127.0.0.1:${at.admin}/api/figures`, { method: 'GET' });
  const figures: unknown = JSON.parse(body.toString());
  assert.ok(Array.isArray(figures));
  return figures
    .filter((one) => one.name === name && one.labels.tenant === tenant)
    .reduce((sum: number, one) => sum + one.value, 0);
}

void test('limits are those of the agent, not of a thread, and survive a reload that changes them', async () => {
  const [http = 0, admin = 0] = await freePorts(2);
  const at = { http, admin };
  await using agent = await startAgent({ config: configuration(at, 10) });
  const first = await load(at);
  assert.equal(first.ann, 10);
  assert.equal(first.bob, REQUESTS);
  assert.deepEqual(
    [...first.refusals],
    [
      `429 "requests";q=10;w=10000 tenant "ann" is over the limit of ${RATE} requests a second; slow down, or raise tenant_limits::tenants::ann::requests_per_second`,
    ],
  );

  writeFileSync(agent.configFile, JSON.stringify(configuration(at, 25)));
  agent.signal('SIGHUP');
  await agent.said(/Configuration reloaded/);
  const second = await load(at);
  assert.equal(second.ann, 15, 'what was used before the reload counts');
  assert.equal(second.bob, REQUESTS);

  assert.equal(await figure(at, 'genesis_tenant_accepted_requests', 'ann'), 25);
  assert.equal(await figure(at, 'genesis_tenant_refused_requests', 'ann'), 2 * REQUESTS - 25);
  assert.equal(await figure(at, 'genesis_tenant_accepted_requests', 'bob'), 2 * REQUESTS);
  assert.equal(await figure(at, 'genesis_tenant_in_flight_bytes', 'ann'), 0);
});

void test('the example is valid', async () => {
  const example = new URL('../../examples/tenant-limits.yaml', import.meta.url);
  const { verdict, errors } = await loadConfiguration({ uris: [fileURLToPath(example)], env: {}, registry });
  assert.deepEqual([verdict, errors.map(String)], ['valid', []]);
});

void test(
  'who fills a queue is refused beyond the bytes in flight, and others are served',
  { timeout: 20_000 },
  async () => {
    const [http = 0, admin = 0] = await freePorts(2);
    const { receivers, extensions, service } = configuration({ http, admin }, 1) as {
      receivers: object;
      extensions: object;
      service: { extensions: string[] };
    };
    await using agent = await startAgent({
      command: fileURLToPath(new URL('../../cmd/genesis-agent', import.meta.url)),
      config: {
        receivers,
        exporters: {
          // Nobody listens on port 1, so that everything waits.
          otlp_http: { endpoint: 'http://127.0.0.1:1', sending_queue: { queue_size: 100_000 } },
        },
        extensions: { ...extensions, tenant_limits: { tenants: { ann: { bytes_in_flight: 20_000 }, bob: {} } } },
        service: {
          extensions: service.extensions,
          pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_http'] } },
        },
      },
    });
    const send = async (user: string): Promise<{ status: number; message: string }> => {
      const { status, body } = await httpRequest(`http://127.0.0.1:${http}/v1/traces`, {
        headers: {
          'content-type': 'application/x-protobuf',
          authorization: `Basic ${Buffer.from(`${user}:pass`).toString('base64')}`,
        },
        body: tracesRequest(20),
      });
      return { status, message: status === 200 ? '' : (decodeStatus(body)?.message ?? '') };
    };
    const perRequest = tracesRequest(20).length;
    const fits = Math.floor(20_000 / perRequest);
    for (let i = 0; i < fits; i += 1) assert.equal((await send('ann')).status, 200, `request ${i} of ${fits}`);
    const { status, message } = await send('ann');
    assert.equal(status, 429);
    assert.match(message, /bytes_in_flight/);
    for (let i = 0; i < 2 * fits; i += 1) assert.equal((await send('bob')).status, 200);
    assert.equal(await figure({ http, admin }, 'genesis_tenant_in_flight_bytes', 'ann'), fits * perRequest);
    // It would try to deliver until its deadline.
    process.kill(agent.pid, 'SIGKILL');
  },
);
