// Destinations that hang, die or answer nonsense, behind a real agent: what the sender is told, and that another
// destination beside it gets everything in time.

import assert from 'node:assert/strict';
import type http from 'node:http';
import http2 from 'node:http2';
import { createServer, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { freePorts, startAgent, type Program } from '../support/agent.ts';
import { httpDestination, portOf, type Destination, type HttpBehaviour } from '../support/destination.ts';
import { GrpcTestClient } from '../support/grpc-client.ts';
import { httpRequest, type HttpAnswer } from '../support/http-request.ts';
import { pipelines } from '../support/pipelines.ts';
import { spansMessage } from '../support/spans.ts';

const TIMEOUT_MS = 400;
/** The status codes after which OTLP clients try again (OTLP specification, "Retryable response codes"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** The sender learns at once what became of its data: no queue, no retries. */
const DIRECT = {
  timeout: `${TIMEOUT_MS}ms`,
  sending_queue: { enabled: false },
  retry_on_failure: { enabled: false },
};

function post(port: number): Promise<HttpAnswer> {
  return httpRequest(`http://127.0.0.1:${port}/v1/traces`, {
    headers: { 'content-type': 'application/json' },
    body: '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a"}]}]}]}',
  });
}

/** Answers every request alike. */
function answering(status: number, headers: http.OutgoingHttpHeaders = {}, body: string | Buffer = ''): HttpBehaviour {
  return (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

/** An HTTP/2 server that answers as told, without being gRPC. */
function h2(answer: (stream: http2.ServerHttp2Stream) => void): http2.Http2Server {
  const server = http2.createServer();
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    stream.on('error', () => undefined);
    stream.resume();
    answer(stream);
  });
  return server;
}

/** What a sender is told by an agent in front of `server`. */
async function through(server: Server | http2.Http2Server): Promise<grpc.status> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const settings = { endpoint: `127.0.0.1:${portOf(server)}`, tls: { insecure: true }, ...DIRECT };
  try {
    await using agent = await startAgent({
      config: pipelines({ grpcPort, httpPort, exporter: 'otlp_grpc', settings }),
    });
    using client = new GrpcTestClient(grpcPort);
    const answer = await client.call({ body: spansMessage(1) });
    const empty = await client.call({ body: new Uint8Array(0) });
    assert.equal(empty.code, grpc.status.OK);
    const { code, stderr } = await agent.stop();
    assert.equal(code, 0, stderr);
    return answer.code;
  } finally {
    server.close();
  }
}

/** A server whose every answer is RESOURCE_EXHAUSTED. */
function exhausted(details?: string): http2.Http2Server {
  return h2((stream) => {
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': '8',
        'grpc-message': 'full',
        ...(details === undefined ? {} : { 'grpc-status-details-bin': details }),
      },
      { endStream: true },
    );
  });
}

void test('HTTP destinations', async (suite) => {
  let behaviour = answering(200);
  let destination: Destination;
  let agent: Program;
  let port = 0;

  before(async () => {
    destination = await httpDestination((request, response) => behaviour(request, response));
    const [grpcPort = 0, httpPort = 0] = await freePorts(2);
    port = httpPort;
    const settings = { endpoint: `http://127.0.0.1:${destination.port}`, ...DIRECT };
    agent = await startAgent({ config: pipelines({ grpcPort, httpPort, exporter: 'otlp_http', settings }) });
  });

  after(async () => {
    const { code } = await agent.stop();
    assert.equal(code, 0);
    await destination[Symbol.asyncDispose]();
  });

  const retryable: readonly [string, HttpBehaviour][] = [
    ['hangs', () => undefined],
    ['closes without an answer', (request) => request.socket.destroy()],
    [
      'resets in its answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('x');
        setTimeout(() => request.socket.resetAndDestroy(), 20);
      },
    ],
    ['answers what is no HTTP', (request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['answers 429', answering(429)],
    ['answers 502 as a proxy does', answering(502, { 'content-type': 'text/html' }, '<h1>Bad Gateway</h1>')],
    ['answers 503', answering(503)],
    ['answers 504', answering(504)],
  ];
  for (const [what, does] of retryable) {
    await suite.test(`${what}: the sender is told to try again`, async () => {
      behaviour = does;
      const answer = await post(port);
      assert.ok(RETRYABLE.has(answer.status), `${answer.status} ${answer.body.toString()}`);
      assert.ok((JSON.parse(answer.body.toString()) as { message: string }).message.length > 10);
    });
  }

  await suite.test('503 with Retry-After: the sender is told that time', async () => {
    behaviour = answering(503, { 'retry-after': '7' });
    const answer = await post(port);
    assert.ok(RETRYABLE.has(answer.status));
    assert.equal(answer.headers['retry-after'], '7');
  });

  const final: readonly [string, HttpBehaviour][] = [
    ['answers 400', answering(400, { 'content-type': 'application/json' }, '{"code":3,"message":"no such tenant"}')],
    ['answers 404 in HTML', answering(404, { 'content-type': 'text/html' }, '<html>')],
    ['answers 500 with noise', answering(500, {}, Buffer.alloc(2000, 0xff))],
    [
      'answers more than a response may have',
      answering(200, { 'content-type': 'application/x-protobuf' }, Buffer.alloc(5 << 20)),
    ],
  ];
  for (const [what, does] of final) {
    await suite.test(`${what}: the sender is told not to`, async () => {
      behaviour = does;
      const answer = await post(port);
      assert.ok(answer.status >= 400 && !RETRYABLE.has(answer.status), `${answer.status} ${answer.body.toString()}`);
    });
  }

  await suite.test('what a 400 said reaches the sender', async () => {
    behaviour = answering(400, { 'content-type': 'application/json' }, '{"code":3,"message":"no such tenant"}');
    assert.match((await post(port)).body.toString(), /no such tenant/);
  });

  await suite.test('200 with a body that is no OTLP: the data was taken', async () => {
    behaviour = answering(200, { 'content-type': 'text/html' }, '<html>fine</html>');
    assert.equal((await post(port)).status, 200);
  });

  await suite.test('a destination that is not there', async () => {
    const [nobody = 0, grpcPort = 0, httpPort = 0] = await freePorts(3);
    const settings = { endpoint: `http://127.0.0.1:${nobody}`, ...DIRECT };
    await using lonely = await startAgent({
      config: pipelines({ grpcPort, httpPort, exporter: 'otlp_http', settings }),
    });
    const answer = await post(httpPort);
    assert.ok(RETRYABLE.has(answer.status));
    assert.match(answer.body.toString(), /ECONNREFUSED|refused/);
    assert.ok(lonely.isRunning);
  });
});

void test('gRPC destinations', async (suite) => {
  await suite.test('hangs: UNAVAILABLE', async () => {
    assert.equal(await through(h2(() => undefined)), grpc.status.UNAVAILABLE);
  });

  await suite.test('speaks something else: UNAVAILABLE', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    assert.equal(await through(server), grpc.status.UNAVAILABLE);
  });

  await suite.test('a proxy answers 503 without gRPC: UNAVAILABLE', async () => {
    const server = h2((stream) => {
      stream.respond({ ':status': 503, 'content-type': 'text/html' });
      stream.end('<h1>no backend</h1>');
    });
    assert.equal(await through(server), grpc.status.UNAVAILABLE);
  });

  await suite.test('ends without a status: not OK', async () => {
    const server = h2((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.end();
    });
    assert.notEqual(await through(server), grpc.status.OK);
  });

  await suite.test('answers more than a response may have: not OK, and not to be tried again', async () => {
    const server = h2((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.end(Buffer.alloc(5 << 20));
    });
    const code = await through(server);
    assert.ok(code !== grpc.status.OK && code !== grpc.status.UNAVAILABLE, grpc.status[code]);
  });

  await suite.test('RESOURCE_EXHAUSTED without RetryInfo is final, with it is not', async () => {
    assert.notEqual(await through(exhausted()), grpc.status.UNAVAILABLE);
    // google.rpc.Status { code: 8, details: [RetryInfo { retry_delay: 1s }] }
    const retryInfo = Buffer.concat([
      Buffer.from([0x08, 0x08, 0x1a, 0x30, 0x0a, 0x28]),
      Buffer.from('type.googleapis.com/google.rpc.RetryInfo'),
      Buffer.from([0x12, 0x04, 0x0a, 0x02, 0x08, 0x01]),
    ]);
    assert.equal(await through(exhausted(retryInfo.toString('base64'))), grpc.status.UNAVAILABLE);
  });
});

void test('one dead destination of two neither stalls nor loses what the other gets', async () => {
  await using alive = await httpDestination();
  await using hanging = await httpDestination(() => undefined);
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const config = {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${grpcPort}` }, http: { endpoint: `127.0.0.1:${httpPort}` } } },
    },
    exporters: {
      'otlp_http/alive': { endpoint: `http://127.0.0.1:${alive.port}` },
      'otlp_http/hanging': {
        endpoint: `http://127.0.0.1:${hanging.port}`,
        timeout: '1s',
        retry_on_failure: { enabled: false },
      },
    },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_http/alive', 'otlp_http/hanging'] } },
    },
  };
  await using agent = await startAgent({ config });
  using client = new GrpcTestClient(grpcPort);
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.call({ body: spansMessage(10) })));
  assert.deepEqual(new Set(answers.map(({ code }) => code)), new Set([grpc.status.OK]));
  const arrived = (): number =>
    alive.arrivals
      .requests('traces')
      .reduce((sum, request) => sum + JSON.stringify(request).split('"name":"span').length - 1, 0);
  await alive.arrivals.until(() => arrived() === 200);
  assert.ok(agent.isRunning);
});
