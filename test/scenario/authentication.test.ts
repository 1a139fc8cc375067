// A whole agent whose every listener requires authentication, and what a reload of the authenticator alone changes.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import { registry } from '../../cmd/registry.ts';
import { loadConfiguration } from '../../pipeline/config/load.ts';
import { freePorts, runAgent, startAgent } from '../support/agent.ts';
import { GrpcTestClient } from '../support/grpc-client.ts';
import { httpRequest } from '../support/http-request.ts';
import { tracesRequest } from '../support/requests.ts';

interface Ports {
  readonly otlpGrpc: number;
  readonly otlpHttp: number;
  readonly zpages: number;
  readonly health: number;
  readonly healthHttp: number;
  readonly healthGrpc: number;
  readonly pprof: number;
  readonly metrics: number;
}

async function ports(): Promise<Ports> {
  const free = await freePorts(8);
  const [otlpGrpc = 0, otlpHttp = 0, zpages = 0, health = 0, healthHttp = 0, healthGrpc = 0, pprof = 0, metrics = 0] =
    free;
  return { otlpGrpc, otlpHttp, zpages, health, healthHttp, healthGrpc, pprof, metrics };
}

/** Extensions that need the authenticator stand before it: the order in the list does not matter. */
function agent(at: Ports, token: string): object {
  const of = (port: number) => ({ endpoint: `127.0.0.1:${port}`, auth: { authenticator: 'bearertokenauth' } });
  const prometheus = { host: '127.0.0.1', port: at.metrics, auth: { authenticator: 'bearertokenauth' } };
  return {
    receivers: { otlp: { protocols: { grpc: of(at.otlpGrpc), http: of(at.otlpHttp) } } },
    exporters: { nop: {} },
    extensions: {
      zpages: of(at.zpages),
      health_check: of(at.health),
      healthcheckv2: { use_v2: true, http: of(at.healthHttp), grpc: of(at.healthGrpc) },
      pprof: of(at.pprof),
      bearertokenauth: { token },
    },
    service: {
      extensions: ['zpages', 'health_check', 'healthcheckv2', 'pprof', 'bearertokenauth'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } },
      telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus } } }] } },
    },
  };
}

const PAGES: readonly (readonly [keyof Ports, string])[] = [
  ['zpages', '/'],
  ['zpages', '/debug/servicez'],
  ['health', '/'],
  ['healthHttp', '/status'],
  ['pprof', '/debug/pprof/'],
  ['metrics', '/metrics'],
];

async function answers(at: Ports, headers: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  for (const [port, path] of PAGES) {
    const { status, headers: got } = await httpRequest(`http://127.0.0.1:${at[port]}${path}`, {
      method: 'GET',
      headers,
    });
    statuses[`${port}${path}`] = status;
    if (status === 401) assert.equal(got['www-authenticate'], 'Bearer', port);
  }
  const { status } = await httpRequest(`http://127.0.0.1:${at.otlpHttp}/v1/traces`, {
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    body: tracesRequest(1),
  });
  statuses['otlpHttp'] = status;
  for (const [port, path, body] of [
    ['otlpGrpc', undefined, tracesRequest(1)],
    ['healthGrpc', '/grpc.health.v1.Health/Check', new Uint8Array(0)],
  ] as const) {
    using client = new GrpcTestClient(at[port]);
    const { code } = await client.call({ body, metadata: headers, ...(path === undefined ? {} : { path }) });
    statuses[port] = code === grpc.status.OK ? 200 : code === grpc.status.UNAUTHENTICATED ? 401 : code;
  }
  return statuses;
}

void test('every listener asks, and a new token of the authenticator holds everywhere after a reload', async () => {
  const at = await ports();
  await using running = await startAgent({ config: agent(at, 'first-canary') });
  const strangers = await answers(at, {});
  assert.deepEqual(new Set(Object.values(strangers)), new Set([401]), JSON.stringify(strangers));
  assert.equal(Object.keys(strangers).length, 9);
  const known = await answers(at, { authorization: 'Bearer first-canary' });
  assert.deepEqual(new Set(Object.values(known)), new Set([200]), JSON.stringify(known));

  writeFileSync(running.configFile, JSON.stringify(agent(at, 'second-canary')));
  running.signal('SIGHUP');
  await running.said(/Configuration reloaded/);
  while ((await answers(at, { authorization: 'Bearer first-canary' }))['otlpGrpc'] !== 401) await sleep(20);
  const old = await answers(at, { authorization: 'Bearer first-canary' });
  assert.deepEqual(new Set(Object.values(old)), new Set([401]), JSON.stringify(old));
  const fresh = await answers(at, { authorization: 'Bearer second-canary' });
  assert.deepEqual(new Set(Object.values(fresh)), new Set([200]), JSON.stringify(fresh));
  const { stderr, stdout } = await running.stop();
  assert.doesNotMatch(stderr + stdout, /canary/);
});

void test('an authenticator that does not run is an error of the start', async () => {
  const at = await ports();
  const config = agent(at, 'x') as { service: { extensions: string[]; telemetry?: object } };
  config.service.extensions = ['pprof'];
  const byReference = await runAgent({ config });
  assert.equal(byReference.code, 1);
  assert.match(byReference.stderr, /prometheus::auth::authenticator: .*is not among service::extensions/);
  delete config.service.telemetry;
  const byStart = await runAgent({ config });
  assert.equal(byStart.code, 1);
  assert.match(
    byStart.stderr,
    /auth::authenticator names bearertokenauth, which is not running \[AUTHENTICATOR_MISSING\]/,
  );
});

void test('the example is valid, and names secrets only by their files', async () => {
  const example = new URL('../../examples/secure-gateway.yaml', import.meta.url);
  const { verdict, errors } = await loadConfiguration({ uris: [fileURLToPath(example)], env: {}, registry });
  assert.deepEqual([verdict, errors.map(String)], ['valid', []]);
  assert.doesNotMatch(readFileSync(example, 'utf8'), /^\s*(?:token|password|client_secret):/m);
});
