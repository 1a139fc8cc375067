// Two tenants send at once to an agent of several threads: one is held to its limits, the other does not notice; a reload
// changes the limits and goes on with what was used.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { registry } from '../../cmd/registry.ts';
import { loadConfiguration } from '../../pipeline/config/load.ts';
import { compress } from '../../pipeline/transport/compression.ts';
import { V1_MESSAGE } from '../../proto/prometheus/remote-write/fields.ts';
import { decodeStatus } from '../../proto/status.ts';
import { request } from '../receivers/prometheus_remote_write/requests.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { type HttpAnswer, httpRequest } from '../support/http-request.ts';
import { tracesRequest } from '../support/requests.ts';

const THREADS = 3;
const REQUESTS = 45;
/** So little that none comes back while the test runs. */
const RATE = 0.001;

const EXTENSIONS = { basicauth: { htpasswd: { inline: 'ann:{PLAIN}pass\nbob:{PLAIN}pass\n' } } };

const basic = (user: string): string => `Basic ${Buffer.from(`${user}:pass`).toString('base64')}`;

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
      ...EXTENSIONS,
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
        authorization: basic(user),
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

/** Receivers over HTTP; the account goes with the data to whoever keeps it. */
const FILLED = [
  {
    receiver: 'otlp',
    signal: 'traces',
    path: '/v1/traces',
    headers: { 'content-type': 'application/x-protobuf' },
    body: tracesRequest(20),
  },
  {
    receiver: 'prometheus_remote_write',
    signal: 'metrics',
    path: '/api/v1/write',
    headers: { 'content-encoding': 'snappy' },
    body: await compress(
      'snappy',
      request(V1_MESSAGE, [
        {
          labels: { __name__: 'up', job: 'shop' },
          samples: Array.from({ length: 50 }, (_, index) => ({ value: index, ms: 1_700_000_000_000 + index })),
        },
      ]),
    ),
  },
] as const;

for (const { receiver, signal, path, headers, body } of FILLED) {
  const title = `${receiver}: who fills a queue is refused beyond the bytes in flight, and others are served`;
  void test(title, { timeout: 20_000 }, async () => {
    const [http = 0, admin = 0] = await freePorts(2);
    const settings = {
      endpoint: `127.0.0.1:${http}`,
      auth: { authenticator: 'basicauth' },
      middlewares: [{ id: 'tenant_limits' }],
    };
    await using agent = await startAgent({
      command: fileURLToPath(new URL('../../cmd/genesis-agent', import.meta.url)),
      config: {
        receivers: { [receiver]: receiver === 'otlp' ? { protocols: { http: settings } } : settings },
        exporters: {
          // Nobody listens on port 1, so that everything waits.
          otlp_http: { endpoint: 'http://127.0.0.1:1', sending_queue: { queue_size: 100_000 } },
        },
        extensions: {
          ...EXTENSIONS,
          tenant_limits: { tenants: { ann: { bytes_in_flight: 20_000 }, bob: {} } },
          zpages: { endpoint: `127.0.0.1:${admin}` },
        },
        service: {
          extensions: ['zpages', 'tenant_limits', 'basicauth'],
          pipelines: { [signal]: { receivers: [receiver], exporters: ['otlp_http'] } },
        },
      },
    });
    const send = (user: string): Promise<HttpAnswer> =>
      httpRequest(`http://127.0.0.1:${http}${path}`, { headers: { ...headers, authorization: basic(user) }, body });
    const inFlight = (): Promise<number> => figure({ http, admin }, 'genesis_tenant_in_flight_bytes', 'ann');
    const isTaken = async (user: string): Promise<boolean> => [200, 204].includes((await send(user)).status);
    assert.ok(await isTaken('ann'));
    const kept = await inFlight();
    const fits = Math.floor((20_000 - body.length) / kept) + 1;
    assert.ok(fits > 3 && fits < 100, `${fits} of ${kept} bytes`);
    for (let i = 1; i < fits; i += 1) assert.ok(await isTaken('ann'), `request ${i} of ${fits}`);
    const refused = await send('ann');
    assert.equal(refused.status, 429);
    assert.match(refused.body.toString(), /bytes_in_flight/);
    for (let i = 0; i < 2 * fits; i += 1) assert.ok(await isTaken('bob'));
    assert.equal(await inFlight(), fits * kept);
    // It would try to deliver until its deadline.
    process.kill(agent.pid, 'SIGKILL');
  });
}
