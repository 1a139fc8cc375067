import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { AgentError } from '../../../pipeline/errors.ts';
import { HealthCheck } from '../../../pipeline/health/extension.ts';
import { config } from '../../../extensions/health_check/config.ts';
import { config as configV2 } from '../../../extensions/healthcheckv2/config.ts';
import { runningContext, type RunningContext, setAll } from '../running-context.ts';

const ANY_PORT = '127.0.0.1:0';
const open: HealthCheck[] = [];
after(async () => {
  for (const extension of open) await extension.stop(AbortSignal.abort());
});

async function start(
  settings: object,
  schema: typeof config = config,
  prepare: (running: RunningContext) => void = () => undefined,
) {
  const running = runningContext('health_check');
  prepare(running);
  const extension = new HealthCheck(schema.parse(settings), running.context);
  await extension.start();
  open.push(extension);
  const ask = async (path = '/') => {
    const response = await fetch(`http://${extension.bound[0]}${path}`);
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
  };
  const status = async (path = '/status') => {
    const { status: code, body } = await ask(path);
    return { code, ...JSON.parse(body) };
  };
  return { ...running, extension, ask, statusOf: status };
}

void test('the simple check follows start, errors, stop', async () => {
  const { ask, status, clock } = await start({ endpoint: ANY_PORT });
  const unavailable = {
    status: 503,
    type: 'application/json',
    body: '{"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""}',
  };
  assert.deepEqual(await ask(), unavailable);
  setAll(status, 'Starting');
  assert.deepEqual(await ask(), unavailable);
  setAll(status, 'OK');
  clock.now += 4_985;
  assert.deepEqual(await ask('/anything/below'), {
    status: 200,
    type: 'application/json',
    body: '{"status":"Server available","upSince":"2026-01-02T03:04:05.000Z","uptime":"4.985s"}',
  });
  // What a component suffers does not make the agent unavailable; that it stops does.
  status.set('exporter:debug', 'PermanentError', 'gone');
  assert.equal((await ask()).status, 200);
  status.set('receiver:otlp', 'Stopping');
  assert.deepEqual(await ask(), unavailable);
});

void test('path and bodies are as configured', async () => {
  const { ask, status } = await start({
    endpoint: ANY_PORT,
    path: '/ready',
    response_body: { healthy: 'fine', unhealthy: 'not yet' },
  });
  assert.deepEqual(await ask('/ready').then(({ status: code, body }) => [code, body]), [503, 'not yet']);
  setAll(status, 'OK');
  assert.deepEqual(await ask('/ready').then(({ status: code, body }) => [code, body]), [200, 'fine']);
  assert.equal((await ask('/')).status, 404);
  assert.equal((await ask('/ready/')).status, 404);
});

void test('the status of components: codes by state, pipelines one by one, details when asked for', async () => {
  const { statusOf, ask, status, clock } = await start({ use_v2: true, http: { endpoint: ANY_PORT } });
  assert.deepEqual(await statusOf(), {
    code: 503,
    start_time: '2026-01-02T03:04:05.000Z',
    healthy: true,
    status: 'StatusNone',
    status_time: '2026-01-02T03:04:05.000Z',
    attributes: {},
  });
  setAll(status, 'Starting');
  assert.deepEqual([(await statusOf()).code, (await statusOf()).status], [503, 'StatusStarting']);
  setAll(status, 'OK');
  assert.deepEqual([(await statusOf()).code, (await statusOf()).status], [200, 'StatusOK']);
  clock.now += 1_000;
  status.set('exporter:debug', 'RecoverableError', 'connection refused');
  assert.deepEqual(await statusOf('/status?verbose&pipeline=metrics'), {
    code: 200,
    start_time: '2026-01-02T03:04:05.000Z',
    healthy: true,
    status: 'StatusRecoverableError',
    error: 'connection refused',
    status_time: '2026-01-02T03:04:06.000Z',
    attributes: {},
    components: {
      'connector:count': { healthy: true, status: 'StatusOK', status_time: '2026-01-02T03:04:05.000Z', attributes: {} },
      'exporter:debug': {
        healthy: true,
        status: 'StatusRecoverableError',
        error: 'connection refused',
        status_time: '2026-01-02T03:04:06.000Z',
        attributes: {},
      },
    },
  });
  assert.equal((await statusOf('/status?pipeline=traces/front')).status, 'StatusOK');
  assert.equal((await statusOf('/status?verbose=false')).components, undefined);
  assert.deepEqual(Object.keys((await statusOf('/status?verbose')).components), [
    'pipeline:traces/front',
    'pipeline:metrics',
  ]);
  assert.equal((await ask('/status?pipeline=unknown')).status, 404);
  assert.equal((await ask('/')).status, 404);
  assert.equal((await ask('/config')).status, 404);
  status.set('exporter:debug', 'FatalError', 'no');
  assert.equal((await statusOf()).code, 500);
});

void test('component_health: which errors count, and after how long', async () => {
  const recoverable = await start({
    use_v2: true,
    http: { endpoint: ANY_PORT },
    component_health: { include_recoverable_errors: true, recovery_duration: '5m' },
  });
  setAll(recoverable.status, 'OK');
  recoverable.status.set('exporter:debug', 'RecoverableError', 'slow');
  recoverable.clock.now += 299_999;
  assert.deepEqual([(await recoverable.statusOf()).code, (await recoverable.statusOf()).healthy], [200, true]);
  recoverable.clock.now += 1;
  assert.deepEqual([(await recoverable.statusOf()).code, (await recoverable.statusOf()).healthy], [500, false]);
  recoverable.status.set('exporter:debug', 'OK');
  assert.equal((await recoverable.statusOf()).code, 200);
  recoverable.status.set('exporter:debug', 'PermanentError', 'gone');
  assert.equal((await recoverable.statusOf()).code, 200);

  const permanent = await start({
    use_v2: true,
    http: { endpoint: ANY_PORT },
    component_health: { include_permanent_errors: true },
  });
  setAll(permanent.status, 'OK');
  permanent.status.set('exporter:debug', 'PermanentError', 'gone');
  assert.deepEqual([(await permanent.statusOf()).code, (await permanent.statusOf()).healthy], [500, false]);
});

void test('the configuration is served where that is turned on, as JSON', async () => {
  const { ask } = await start({ use_v2: true, http: { endpoint: ANY_PORT, config: { enabled: true } } });
  assert.deepEqual(JSON.parse((await ask('/config')).body), {
    exporters: { 'otlp_http/far': { headers: { token: '[REDACTED]' } } },
  });
});

void test("with the collector's gate the status is served where the simple check would be", async () => {
  const { statusOf, status } = await start({ endpoint: ANY_PORT, path: '/here' }, config, ({ gates }) =>
    gates.add('extension.healthcheck.useComponentStatus'),
  );
  setAll(status, 'OK');
  assert.deepEqual([(await statusOf('/here')).code, (await statusOf('/here')).status], [200, 'StatusOK']);
});

void test('gRPC health: serving, not serving, unknown service', async () => {
  const { extension, status } = await start({ use_v2: true, grpc: { endpoint: ANY_PORT } }, configV2);
  const client = http2.connect(`http://${extension.bound[0]}`);
  const check = (service: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const name = Buffer.from(service);
      const message = name.length === 0 ? name : Buffer.from([0x0a, name.length, ...name]);
      const stream = client.request({
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let answer = Buffer.alloc(0);
      let grpcStatus: unknown;
      stream.on('response', (headers) => (grpcStatus = headers['grpc-status']));
      stream.on('trailers', (headers) => (grpcStatus = headers['grpc-status']));
      stream.on('data', (part: Buffer) => (answer = Buffer.concat([answer, part])));
      stream.on('error', reject);
      stream.on('close', () => resolve(`${String(grpcStatus)} ${answer.subarray(5).toString('hex')}`));
      stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
    });
  assert.equal(await check(''), '0 0802');
  setAll(status, 'OK');
  assert.equal(await check(''), '0 0801');
  assert.equal(await check('metrics'), '0 0801');
  assert.equal(await check('unknown'), '5 ');
  client.close();
});

function refused(settings: object, schema: typeof config = config): string[] {
  return (schema.safeParse(settings).error?.issues ?? []).map(({ path }) => path.join('.'));
}

void test('both schemas: what is refused', () => {
  assert.deepEqual(refused({}), []);
  assert.deepEqual(refused({ endpoint: '' }), ['endpoint']);
  assert.deepEqual(refused({ path: 'x' }), ['path']);
  assert.deepEqual(refused({ port: 1 }), ['']);
  assert.deepEqual(refused({ use_v2: true }), ['use_v2']);
  assert.deepEqual(refused({ http: {} }), ['http']);
  assert.deepEqual(refused({ use_v2: true, http: null }), []);
  assert.deepEqual(refused({ use_v2: true, http: { status: { path: 'x' } } }), ['http.status.path']);
  assert.deepEqual(refused({ use_v2: true, grpc: { endpoint: '' } }), ['grpc.endpoint']);
  assert.deepEqual(refused({ check_collector_pipeline: { enabled: true, interval: '1m' } }), []);
  assert.deepEqual(refused({ http: {} }, configV2), []);
});

void test('a port in use is LISTEN_FAILED, and stopping after that is harmless', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const address = holder.address();
  assert(address && typeof address === 'object');
  const extension = new HealthCheck(
    config.parse({ endpoint: `127.0.0.1:${address.port}` }),
    runningContext('health_check').context,
  );
  await assert.rejects(extension.start(), (error) => error instanceof AgentError && error.code === 'LISTEN_FAILED');
  await extension.stop(AbortSignal.abort());
  holder.close();
});
