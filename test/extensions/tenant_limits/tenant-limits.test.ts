// Who a tenant is, and which limits are whose.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config as grpcExporter } from '../../../exporters/otlp_grpc/config.ts';
import { GrpcDestination } from '../../../exporters/otlp_grpc/destination.ts';
import { config as httpExporter } from '../../../exporters/otlp_http/config.ts';
import { HttpDestination } from '../../../exporters/otlp_http/destination.ts';
import { config, limitsOf } from '../../../extensions/tenant_limits/config.ts';
import { TenantLimits } from '../../../extensions/tenant_limits/tenant-limits.ts';
import { startAdminListener } from '../../../pipeline/admin-listener.ts';
import { text } from '../../../pipeline/admin-http.ts';
import { batchOf } from '../../../pipeline/batch.ts';
import { Refused } from '../../../pipeline/delivery.ts';
import { Attempt } from '../../../pipeline/sending/exporter.ts';
import { httpServerSettings } from '../../../pipeline/settings/http-server.ts';
import { OverLimit } from '../../../pipeline/transport/middleware.ts';
import { config as receiverConfig } from '../../../receivers/otlp/config.ts';
import { OtlpReceiver } from '../../../receivers/otlp/receiver.ts';
import { freePorts } from '../../support/agent.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { Collector, SOON, testContext } from '../../support/context.ts';
import { httpRequest } from '../../support/http-request.ts';
import { tracesRequest } from '../../support/requests.ts';
import { runningContext } from '../running-context.ts';

const ONE = { requests_per_second: 0.001 };

function limits(settings: object): TenantLimits {
  return new TenantLimits(config.parse(settings), runningContext('tenant_limits').context);
}

/** Who is refused when each asks once, in this order, with one request for each tenant. */
function refusedOf(extension: TenantLimits, clients: readonly (readonly [string, unknown][])[]): (string | boolean)[] {
  return clients.map((client) => {
    const result = extension.enter(new Map(client), undefined);
    return result instanceof OverLimit ? (/^(?:tenant "(.*?)"|clients)/.exec(result.message)?.[1] ?? 'common') : false;
  });
}

void test('the first attribute that is there names the tenant, the authenticator before the certificate', () => {
  const extension = limits({ default: ONE, identity: ['auth.claims.tenant', 'username', 'tls.client.subject'] });
  const seen = refusedOf(extension, [
    [['claims.tenant', 'a']],
    [
      ['username', 'b'],
      ['claims.tenant', 'a'],
    ],
    [['username', 'b']],
    [['claims.tenant', 7]],
    [['claims.tenant', '7']],
    [['claims.tenant', ['list', 'other']]],
    [['claims.tenant', 'list']],
    [['claims.tenant', { not: 'a name' }]],
    [['claims.tenant', '']],
    [],
  ]);
  assert.deepEqual(seen, [false, 'a', false, false, '7', false, 'list', false, 'common', 'common']);
  const certificate = new Map([['tls.client.subject', 'CN=edge']]);
  assert.ok(!(extension.enter(undefined, certificate) instanceof OverLimit));
  assert.ok(extension.enter(new Map([['raw', 'x']]), certificate) instanceof OverLimit);
});

void test('what a tenant does not set is as under default; a rate comes with its own burst', () => {
  const { default: fallback, tenants } = config.parse({
    default: { requests_per_second: 10, request_burst: 50, bytes_per_second: 100, bytes_in_flight: 7 },
    tenants: { a: { requests_per_second: 20, weight: 3 }, b: { bytes_per_second: 0 } },
  });
  assert.deepEqual(limitsOf(tenants['a'] ?? {}, fallback), {
    requestsPerS: 20,
    requestBurst: 20,
    bytesPerS: 100,
    byteBurst: 100,
    bytesInFlight: 7,
    weight: 3,
  });
  const { requestsPerS, requestBurst, bytesPerS } = limitsOf(tenants['b'] ?? {}, fallback);
  assert.deepEqual([requestsPerS, requestBurst, bytesPerS], [10, 50, 0]);
});

void test('settings that can not mean anything are refused with their place', () => {
  for (const [settings, place] of [
    [{ default: { byte_burst: 5 } }, 'default.byte_burst'],
    [{ tenants: { a: { request_burst: 5 } } }, 'tenants.a.request_burst'],
    [{ tenants: { a: {}, b: {} }, max_tenants: 1 }, 'max_tenants'],
    [{ identity: [] }, 'identity'],
    [{ default: { weight: 0 } }, 'default.weight'],
  ] as const) {
    const issues = config.safeParse(settings).error?.issues.map(({ path }) => path.join('.'));
    assert.deepEqual(issues, [place]);
  }
});

void test('names that strangers make up fill no memory, and cost those who are known nothing', () => {
  const extension = limits({ default: ONE, tenants: { known: ONE }, max_tenants: 10 });
  const strangers = Array.from(
    { length: 10_000 },
    (_, index) => [['username', `stranger-${index}`]] as [string, string][],
  );
  assert.deepEqual(refusedOf(extension, [[['username', 'known']]]), [false]);
  const refused = refusedOf(extension, strangers);
  // Nine rows beside the known one, and the one of all that find none.
  assert.equal(refused.filter((one) => one === false).length, 10);
  assert.deepEqual(refusedOf(extension, [[['username', 'known']]]), ['known']);
  // One that is listed finds a row also where strangers were first.
  const late = limits({ default: ONE, tenants: { known: ONE }, max_tenants: 10 });
  refusedOf(late, strangers);
  assert.deepEqual(refusedOf(late, [[['username', 'known']], [['username', 'known']]]), [false, 'known']);
});

void test('several middlewares: each has to agree, and what the first took is given back when the second refuses', async () => {
  const port = (await freePorts(1))[0] ?? 0;
  const [first, second] = [runningContext('tenant_limits/first'), runningContext('tenant_limits/second')];
  const extensions = new Map<string, unknown>([
    ['tenant_limits/first', new TenantLimits(config.parse({}), first.context)],
    ['tenant_limits/second', new TenantLimits(config.parse({ default: { bytes_per_second: 100 } }), second.context)],
  ]);
  const receiver = new OtlpReceiver(
    receiverConfig.parse({
      protocols: { http: { endpoint: `127.0.0.1:${port}`, middlewares: [...extensions.keys()].map((id) => ({ id })) } },
    }),
    { ...testContext({ kind: 'receiver', id: 'otlp' }).context, extension: (id) => extensions.get(id) },
    { traces: new Collector() },
  );
  await receiver.start();
  const send = () =>
    httpRequest(`http://127.0.0.1:${port}/v1/traces`, {
      headers: { 'content-type': 'application/x-protobuf' },
      body: tracesRequest(5),
    });
  assert.equal((await send()).status, 200);
  assert.equal((await send()).status, 429);
  await receiver.stop(SOON());
  for (const { telemetry } of [first, second]) {
    const held = telemetry.figures().filter(({ name }) => name === 'genesis_tenant_in_flight_bytes');
    assert.deepEqual(
      held.map(({ value }) => value),
      [0],
    );
  }
});

void test('the admin ports have limits too', async () => {
  const port = (await freePorts(1))[0] ?? 0;
  const { context } = runningContext('zpages');
  const extension = limits({ default: { requests_per_second: 0.5 } });
  const settings = httpServerSettings({ endpoint: `127.0.0.1:${port}` }).parse({
    middlewares: [{ id: 'tenant_limits' }],
  });
  const listener = await startAdminListener({ ...context, extension: () => extension }, settings, {
    handler: () => text(200, 'ok\n'),
  });
  const ask = () => httpRequest(`http://127.0.0.1:${port}/`, { method: 'GET' });
  assert.equal((await ask()).status, 200);
  const refused = await ask();
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['retry-after'], '2');
  assert.equal(refused.headers['ratelimit'], '"requests";r=0;t=2');
  assert.match(refused.body.toString(), /^clients without an identity are over the limit of 0.5 requests a second/);
  await listener.stop(SOON());
  await assert.rejects(
    startAdminListener({ ...context, extension: () => ({}) }, settings, { handler: () => text(200, '') }),
    {
      code: 'MIDDLEWARE_MISSING',
    },
  );
});

void test('a certificate names a tenant; our own exporters try again when they are told to', async (t) => {
  using authority = TestAuthority.make();
  if (!authority) {
    t.skip('openssl is not on this machine');
    return;
  }
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const server = authority.issue('server', 'IP:127.0.0.1');
  const extension = limits({ tenants: { 'O=tests,CN=ann': { ...ONE, request_burst: 2 } } });
  const of = (port: number) => ({
    endpoint: `127.0.0.1:${port}`,
    tls: { cert_file: server.cert, key_file: server.key, client_ca_file: authority.ca },
    middlewares: [{ id: 'tenant_limits' }],
  });
  const receiver = new OtlpReceiver(
    receiverConfig.parse({ protocols: { grpc: of(grpcPort), http: of(httpPort) } }),
    { ...testContext({ kind: 'receiver', id: 'otlp' }).context, extension: () => extension },
    { traces: new Collector() },
  );
  await receiver.start();
  const { context } = testContext({ kind: 'exporter', id: 'otlp', realTime: true });
  const batch = batchOf('traces', tracesRequest(3), 3);
  for (const [name, expected] of [
    ['ann', 'refused'],
    ['bob', 'taken'],
  ] as const) {
    const { cert, key } = authority.issue(name, `DNS:${name}.example`);
    const tls: object = { ca_file: authority.ca, cert_file: cert, key_file: key };
    const destinations = [
      new GrpcDestination(grpcExporter.parse({ endpoint: `127.0.0.1:${grpcPort}`, tls }), context),
      new HttpDestination(httpExporter.parse({ endpoint: `https://127.0.0.1:${httpPort}`, tls }), context),
    ];
    for (const destination of destinations) await destination.start();
    for (const destination of destinations) assert.equal(await destination.send(batch, new Attempt()), undefined);
    for (const destination of destinations) {
      const again = await destination.send(batch, new Attempt()).catch((error: unknown) => error);
      if (expected === 'taken') assert.equal(again, undefined);
      else assert.ok(again instanceof Refused && (again.retryAfterMs ?? 0) >= 1_000_000, String(again));
    }
    for (const destination of destinations) await destination.stop();
  }
  await receiver.stop(SOON());
});
