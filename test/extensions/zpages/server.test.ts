import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { Script } from 'node:vm';
import { AgentError } from '../../../pipeline/errors.ts';
import { config } from '../../../extensions/zpages/config.ts';
import { Zpages } from '../../../extensions/zpages/server.ts';
import { PIPELINES, runningContext, setAll } from '../running-context.ts';

const open: Zpages[] = [];
after(async () => {
  for (const extension of open) await extension.stop(AbortSignal.abort());
});

async function start(settings: object = {}) {
  const running = runningContext('zpages');
  setAll(running.status, 'OK');
  running.status.set('extension:zpages', 'OK');
  const extension = new Zpages(config.parse({ endpoint: '127.0.0.1:0', ...settings }), running.context);
  await extension.start();
  open.push(extension);
  const base = `http://${extension.bound[0]}`;
  const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${base}${path}`, init);
  const read = async (path: string) => JSON.parse(await (await get(path)).text());
  return { ...running, base, get, read };
}

void test('pipelines with the state of everything in them', async () => {
  const { read, status } = await start();
  status.set('exporter:otlp_http/far', 'RecoverableError', 'connection refused');
  const { version, pipelines, extensions } = await read('/api/pipelines');
  assert.equal(version, '0.1.0');
  assert.deepEqual(
    pipelines.map((one: { id: string }) => one.id),
    PIPELINES.map(({ id }) => id),
  );
  const sinceUnixMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  assert.deepEqual(pipelines[0].processors, [{ component: 'processor:batch', status: 'OK', sinceUnixMs }]);
  assert.deepEqual(pipelines[0].exporters[0], {
    component: 'exporter:otlp_http/far',
    status: 'RecoverableError',
    sinceUnixMs,
    reason: 'connection refused',
  });
  assert.deepEqual(extensions, [{ component: 'extension:zpages', status: 'OK', sinceUnixMs }]);
});

void test('"why is this span missing?" by trace id', async () => {
  const { read, get, telemetry } = await start();
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const drop = {
    component: 'exporter:x',
    rule: 'queue_full',
    reason: 'full',
    signal: 'traces',
    count: 1,
    intentional: false,
  } as const;
  telemetry.drops.record(drop, [traceId]);
  telemetry.drops.record({ ...drop, rule: 'other' }, []);
  assert.equal((await read('/api/drops')).length, 2);
  assert.equal((await read('/api/drops?limit=1')).length, 1);
  const [found, ...more] = await read(`/api/drops?trace_id=${traceId.toUpperCase()}`);
  assert.deepEqual([found.rule, found.traceIds, more], ['queue_full', [traceId], []]);
  assert.deepEqual(await read(`/api/drops?trace_id=${'0'.repeat(32)}`), []);
  for (const query of ['trace_id=xyz', 'trace_id=', 'limit=0', 'limit=many']) {
    assert.equal((await get(`/api/drops?${query}`)).status, 400, query);
  }
});

void test('figures, errors and the configuration', async () => {
  const { read, get, telemetry, figures, context } = await start();
  telemetry.metricsFor('receiver', 'otlp').receiver('logs', 'grpc').accepted.add(5);
  figures.push({ name: 'genesis_component_consumed_items', labels: { component: 'exporter:debug' }, value: 4 });
  context.log.warn({ error: new Error('connection refused') }, 'Exporting failed.');
  const names = new Map(
    (await read('/api/figures')).map((one: { name: string; value: number }) => [one.name, one.value]),
  );
  assert.equal(names.get('otelcol_receiver_accepted_log_records'), 5);
  assert.equal(names.get('genesis_component_consumed_items'), 4);
  const [error] = await read('/api/errors');
  assert.deepEqual(
    [error.level, error.component, error.message],
    ['warn', 'extension:zpages', 'Exporting failed. connection refused'],
  );
  const configuration = await get('/api/config');
  assert.equal(configuration.headers.get('content-type'), 'application/yaml; charset=utf-8');
  assert.match(await configuration.text(), /\[REDACTED\]/);
});

void test('reload by POST only, and never for a page of another site', async () => {
  const { get, reload, base } = await start();
  assert.deepEqual([(await get('/reload')).status, reload.count], [405, 0]);
  const foreign = await get('/reload', { method: 'POST', headers: { origin: 'http://evil.example' } });
  assert.deepEqual([foreign.status, reload.count], [403, 0]);
  const applied = await get('/reload', { method: 'POST', headers: { origin: base } });
  assert.deepEqual(
    [applied.status, await applied.json(), reload.count],
    [200, { applied: true, messages: ['kept 5'] }, 1],
  );
  reload.result = { applied: false, messages: ['agent.yaml:3:5: unknown key'] };
  const refused = await get('/reload', { method: 'POST' });
  assert.deepEqual([refused.status, await refused.json()], [422, reload.result]);
});

void test('the pages are whole, escape what they show and load nothing from elsewhere', async () => {
  const { get, gates, telemetry } = await start();
  gates.add('a<b>"c\'&');
  telemetry.drops.record(
    { component: '<script>', rule: 'r', reason: 'x', signal: 'logs', count: 1, intentional: false },
    [],
  );
  for (const path of ['/', '/debug/servicez', '/debug/pipelinez', '/debug/extensionz', '/debug/featurez']) {
    const response = await get(path);
    const body = await response.text();
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    assert.doesNotMatch(body, /https?:\/\/|src=|@import/, path);
    assert.match(body, /<\/html>\s*$/);
  }
  assert.match(await (await get('/debug/featurez')).text(), /<td>a&lt;b&gt;&quot;c&#39;&amp;<\/td>/);
  assert.match(
    await (await get('/debug/pipelinez')).text(),
    /<td>traces\/front<\/td><td>traces<\/td><td>otlp<\/td><td>batch<\/td>/,
  );
});

void test('the live page may run exactly the script it carries', async () => {
  const { get } = await start();
  const response = await get('/');
  const script = /<script>([\s\S]*)<\/script>/.exec(await response.text())?.[1] ?? '';
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(script))).toString('base64');
  assert(response.headers.get('content-security-policy')?.includes(`script-src 'sha256-${hash}'`));
  // Valid JavaScript that shows nothing as HTML.
  assert.doesNotThrow(() => new Script(script));
  assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacent|document\.write|eval/);
});

void test('expvarz only where it is turned on; tracez says why not; the rest is not found', async () => {
  const off = await start();
  assert.deepEqual([(await off.get('/debug/expvarz')).status, (await off.get('/debug/tracez')).status], [404, 404]);
  assert.equal((await off.get('/nothing')).status, 404);
  assert.equal((await off.get('/api/errors', { method: 'DELETE' })).status, 405);
  const on = await start({ expvar: { enabled: true } });
  assert((await on.read('/debug/expvarz')).memstats.rss > 0);
});

void test('bad configuration, and a port in use', async () => {
  assert.deepEqual(config.safeParse({ endpoint: '' }).error?.issues[0]?.path, ['endpoint']);
  assert.equal(config.safeParse({ endpont: 'x' }).success, false);
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const address = holder.address();
  assert(address && typeof address === 'object');
  await assert.rejects(
    start({ endpoint: `127.0.0.1:${address.port}` }),
    (error) => error instanceof AgentError && error.code === 'LISTEN_FAILED' && error.component === 'extension:zpages',
  );
  holder.close();
});
