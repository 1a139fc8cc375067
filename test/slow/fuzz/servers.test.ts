// Broken connections to a running agent: HTTP/1, HTTP/2 with gRPC in it, and the admin pages. Each is answered or closed,
// the agent goes on, and connections of others are not disturbed.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import grpc from '@grpc/grpc-js';
import { freePorts, startAgent } from '../../support/agent.ts';
import { GrpcTestClient, TRACE_EXPORT } from '../../support/grpc-client.ts';
import { httpRequest } from '../../support/http-request.ts';
import { spansMessage } from '../../support/spans.ts';
import { fuzz, type Target } from './driver.ts';
import { connectionBytes, hasAnswer } from './http2-frames.ts';
import { mutateBytes, mutateText } from './mutate.ts';

const LIMIT_MIB = 300;
const PARALLEL = 8;
/** After a client's GOAWAY the server may wait for open calls half a minute; the client does not (transport/keepalive.ts). */
const GOODBYE_MS = 1_000;
/** Others' calls may take this long while all this goes on. */
const OTHERS_MS = 3_000;

const [grpcPort = 0, httpPort = 0, zpagesPort = 0, healthPort = 0, metricsPort = 0] = await freePorts(5);
const agent = await startAgent({
  config: {
    extensions: {
      zpages: { endpoint: `127.0.0.1:${zpagesPort}` },
      health_check: { endpoint: `127.0.0.1:${healthPort}` },
    },
    receivers: {
      otlp: {
        protocols: { grpc: { endpoint: `127.0.0.1:${grpcPort}` }, http: { endpoint: `127.0.0.1:${httpPort}` } },
      },
    },
    processors: { memory_limiter: { check_interval: '1s', limit_mib: LIMIT_MIB } },
    exporters: { nop: {} },
    service: {
      extensions: ['zpages', 'health_check'],
      telemetry: {
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: metricsPort } } } }] },
      },
      pipelines: { traces: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['nop'] } },
    },
  },
});
/** Connections of others, open all the time. */
const other = new GrpcTestClient(grpcPort);
after(async () => {
  other[Symbol.dispose]();
  await agent.stop();
});

async function othersAreWell(): Promise<void> {
  assert.ok(agent.isRunning, agent.stderr);
  const answer = await other.call({ body: spansMessage(2), deadlineMs: OTHERS_MS });
  assert.equal(answer.code, grpc.status.OK, answer.message);
  const posted = await httpRequest(`http://127.0.0.1:${httpPort}/v1/traces`, {
    headers: { 'content-type': 'application/x-protobuf' },
    body: spansMessage(2),
  });
  assert.equal(posted.status, 200);
  assert.doesNotMatch(agent.stderr, /internal error|unhandled|uncaught|panic|TypeError|RangeError/i);
  const status = `/proc/${agent.pid}/status`;
  const residentKib = existsSync(status) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]) : 0;
  assert.ok(residentKib < LIMIT_MIB << 10, `${residentKib} KiB are resident`);
}

/** All that comes back until the server closes; it is told at once that nothing more will come. */
function exchange(port: number, bytes: Uint8Array, patienceMs = 0): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const parts: Buffer[] = [];
    socket.on('data', (part: Buffer) => parts.push(part));
    // A connection that is reset is closed as well.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(parts)));
    if (patienceMs > 0) socket.setTimeout(patienceMs, () => socket.destroy());
    socket.end(bytes);
  });
}

const MESSAGE = spansMessage(3);
const JSON_MESSAGE =
  '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","name":"a"}]}]}]}';

function post(headers: readonly string[], body: Uint8Array | string, target = '/v1/traces'): Buffer {
  const head = [`POST ${target} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

const TYPE = 'Content-Type: application/x-protobuf';
const REQUESTS = [
  post([TYPE, `Content-Length: ${MESSAGE.length}`], MESSAGE),
  post(['Content-Type: application/json', `Content-Length: ${JSON_MESSAGE.length}`], JSON_MESSAGE),
  post([TYPE, 'Content-Encoding: gzip', `Content-Length: ${gzipSync(MESSAGE).length}`], gzipSync(MESSAGE)),
  post(
    [TYPE, 'Transfer-Encoding: chunked'],
    Buffer.concat([Buffer.from(`${MESSAGE.length.toString(16)}\r\n`), MESSAGE, Buffer.from('\r\n0\r\n\r\n')]),
  ),
  post([TYPE, 'Expect: 100-continue', `Content-Length: ${MESSAGE.length}`], MESSAGE),
  post([TYPE, 'Connection: keep-alive', 'Content-Length: 0'], ''),
  Buffer.from(
    'OPTIONS /v1/traces HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAccess-Control-Request-Method: POST\r\n\r\n',
  ),
];
const HTTP_WORDS = [
  'Content-Length',
  'Transfer-Encoding',
  'chunked',
  'gzip',
  'HTTP/1.0',
  'HTTP/2.0',
  'Upgrade',
  '*',
  'CONNECT',
  'ffffffff',
];

const over = { timeout: 0x7fff_ffff };
const base: Pick<Target, 'parallel' | 'check'> = { parallel: PARALLEL, check: othersAreWell };

void test('HTTP/1', over, (context) =>
  fuzz(
    context,
    {
      ...base,
      name: 'http1',
      make(random) {
        const request = random.pick([REQUESTS[0] ?? Buffer.alloc(0), ...REQUESTS]);
        if (random.chance(0.1)) return request;
        if (random.chance(0.5)) return mutateBytes(request, random, REQUESTS);
        const texts = REQUESTS.map((one) => one.toString('latin1'));
        return Buffer.from(mutateText(request.toString('latin1'), random, HTTP_WORDS, texts), 'latin1');
      },
      async try(input) {
        const answer = (await exchange(httpPort, input)).toString('latin1');
        // What may still become HTTP/2's preface is answered in that.
        const isHttp2 = answer.startsWith('\0\0') && 'PRI * HTTP/2.0'.startsWith(Buffer.from(input).toString('latin1'));
        assert.ok(answer === '' || isHttp2 || /^HTTP\/1\.1 \d{3} /.test(answer), answer.slice(0, 200));
        assert.doesNotMatch(answer, /^HTTP\/1\.1 500 /m);
        return /^HTTP\/1\.1 2\d\d /.test(answer) ? 'accepted' : 'refused';
      },
    },
    12,
  ),
);

const CALL = { path: TRACE_EXPORT, message: MESSAGE, headers: {} };
const CALLS = [
  CALL,
  { ...CALL, message: gzipSync(MESSAGE), headers: { 'grpc-encoding': 'gzip' } },
  {
    ...CALL,
    headers: { 'grpc-timeout': '1S', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  },
  { ...CALL, headers: { 'grpc-timeout': '99999999999999H', 'x-bin': '####', long: 'a'.repeat(9_000) } },
  { ...CALL, path: '/grpc.health.v1.Health/Check', message: Buffer.alloc(0) },
  { ...CALL, headers: { 'content-type': 'application/grpc+json', ':protocol': 'websocket' } },
] as const;

void test('HTTP/2 and gRPC frames', over, (context) =>
  fuzz(
    context,
    {
      ...base,
      name: 'http2',
      make: (random) => connectionBytes(random, CALLS),
      async try(input) {
        return hasAnswer(await exchange(grpcPort, input, GOODBYE_MS)) ? 'accepted' : 'refused';
      },
    },
    18,
  ),
);

/** The input's first byte says which port. */
const ADMIN_PORTS = [zpagesPort, healthPort, metricsPort];
const PAGES = [
  'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /debug/pipelinez?zpipelinename=traces&zcomponentname=otlp&zcomponentkind=receiver HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /api/drops?trace_id=5b8efff798038103d269b633813fc60c HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
  'GET /debug/tracez?zspanname=a&ztype=1&zsubtype=0 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'POST /reload HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil\r\nContent-Length: 2\r\n\r\n{}',
  'GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: application/openmetrics-text\r\nAccept-Encoding: gzip\r\n\r\n',
  'GET /health/status?verbose=true&pipeline=traces HTTP/1.1\r\nHost: localhost\r\n\r\n',
].map((text) => Buffer.from(text));
const PAGE_WORDS = ['..', '/../', '%2e%2e', '%', '?', '&', '=', '#', '//', 'HEAD', 'api', 'debug', 'configz', 'events'];

void test('admin pages', over, (context) =>
  fuzz(
    context,
    {
      ...base,
      name: 'admin',
      make(random) {
        const page = random.pick([PAGES[0] ?? Buffer.alloc(0), ...PAGES]);
        const port = Buffer.from([random.below(ADMIN_PORTS.length)]);
        if (random.chance(0.2)) return Buffer.concat([port, page]);
        const texts = PAGES.map(String);
        const broken = random.chance(0.3)
          ? mutateBytes(page, random, PAGES)
          : Buffer.from(mutateText(page.toString(), random, PAGE_WORDS, texts));
        return Buffer.concat([port, broken]);
      },
      async try(input) {
        const port = ADMIN_PORTS[(input[0] ?? 0) % ADMIN_PORTS.length] ?? 0;
        const answer = (await exchange(port, input.subarray(1))).toString('latin1');
        assert.doesNotMatch(answer, /^HTTP\/1\.1 500 /m);
        return /^HTTP\/1\.1 2\d\d /.test(answer) ? 'accepted' : 'refused';
      },
    },
    8,
  ),
);
