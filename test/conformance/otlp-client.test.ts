// The client clauses C1–C8 of the OTLP specification, of both exporters, against servers that answer as told.

import assert from 'node:assert/strict';
import http from 'node:http';
import http2, { type ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { batchOf } from '../../pipeline/batch.ts';
import type { Exporter } from '../../pipeline/component.ts';
import { Refused, Rejected } from '../../pipeline/delivery.ts';
import { encodePartialSuccess } from '../../proto/export-response.ts';
import { encodeStatus } from '../../proto/status.ts';
import otlpGrpc from '../../exporters/otlp_grpc/index.ts';
import otlpHttp from '../../exporters/otlp_http/index.ts';
import { SOON, testContext } from '../support/context.ts';
import { portOf } from '../support/destination.ts';
import { tracesBatch } from '../support/requests.ts';

const ONCE = { retry_on_failure: { enabled: false }, sending_queue: { enabled: false }, compression: 'none' };

interface GrpcReply {
  readonly status: number;
  readonly details?: Uint8Array;
  readonly body?: Uint8Array;
}

async function withGrpc<T>(
  reply: (stream: ServerHttp2Stream) => GrpcReply | undefined,
  settings: object,
  work: (exporter: Exporter) => Promise<T>,
): Promise<T> {
  const server = http2.createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined);
    stream.resume();
    const answer = reply(stream);
    if (!answer) return;
    const headers = {
      'grpc-status': String(answer.status),
      ...(answer.details ? { 'grpc-status-details-bin': Buffer.from(answer.details).toString('base64') } : {}),
    };
    if (!answer.body) {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { endStream: true });
      return;
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(headers));
    const frame = Buffer.alloc(5 + answer.body.length);
    frame.writeUInt32BE(answer.body.length, 1);
    frame.set(answer.body, 5);
    stream.end(frame);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { context } = testContext({ kind: 'exporter', id: 'otlp_grpc', realTime: true });
  const endpoint = `127.0.0.1:${portOf(server)}`;
  const exporter = otlpGrpc.create(
    otlpGrpc.config.parse({ endpoint, tls: { insecure: true }, ...ONCE, ...settings }),
    context,
  );
  await exporter.start();
  try {
    return await work(exporter);
  } finally {
    await exporter.stop(SOON());
    server.close();
  }
}

async function withHttp<T>(
  reply: http.RequestListener,
  settings: object,
  work: (exporter: Exporter) => Promise<T>,
): Promise<T> {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => reply(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { context } = testContext({ kind: 'exporter', id: 'otlp_http', realTime: true });
  const endpoint = `http://127.0.0.1:${portOf(server)}`;
  const exporter = otlpHttp.create(otlpHttp.config.parse({ endpoint, ...ONCE, ...settings }), context);
  await exporter.start();
  try {
    return await work(exporter);
  } finally {
    await exporter.stop(SOON());
    server.closeAllConnections();
    server.close();
  }
}

/** Refused, rejected with how many, or taken. */
async function outcome(work: Promise<void>): Promise<string> {
  try {
    await work;
    return 'taken';
  } catch (error) {
    if (error instanceof Refused)
      return error.retryAfterMs === undefined ? 'refused' : `refused for ${error.retryAfterMs}`;
    return error instanceof Rejected ? `rejected ${error.count}` : String(error);
  }
}

void test('C1: a request above 64 MiB is not sent', async () => {
  const huge = batchOf('traces', Buffer.alloc((64 << 20) + 1), 9);
  let asked = 0;
  const count = (): GrpcReply => {
    asked += 1;
    return { status: 0 };
  };
  assert.equal(await withGrpc(count, {}, (exporter) => outcome(exporter.consume(huge))), 'rejected 9');
  assert.equal(
    await withHttp(
      () => (asked += 1),
      {},
      (exporter) => outcome(exporter.consume(huge)),
    ),
    'rejected 9',
  );
  assert.equal(asked, 0);
});

void test('C2: an answer above 4 MiB is not read and not tried again', async () => {
  const large = Buffer.alloc((4 << 20) + 10);
  assert.equal(
    await withGrpc(
      () => ({ status: 0, body: large }),
      {},
      (exporter) => outcome(exporter.consume(tracesBatch(2))),
    ),
    'rejected 2',
  );
  assert.equal(
    await withHttp(
      (_request, response) => response.end(large),
      {},
      (exporter) => outcome(exporter.consume(tracesBatch(2))),
    ),
    'rejected 2',
  );
});

void test('C3: a partial success is not tried again', async () => {
  const body = encodePartialSuccess(3, 'three are bad');
  let asked = 0;
  const reply = (): GrpcReply => {
    asked += 1;
    return { status: 0, body };
  };
  const retry = { retry_on_failure: { enabled: true, initial_interval: '1ms' } };
  assert.equal(await withGrpc(reply, retry, (exporter) => outcome(exporter.consume(tracesBatch(5)))), 'rejected 3');
  assert.equal(asked, 1);
  assert.equal(
    await withHttp(
      (_request, response) => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(body),
      retry,
      (exporter) => outcome(exporter.consume(tracesBatch(5))),
    ),
    'rejected 3',
  );
});

void test('C4: exactly the codes of the specification are tried again; RESOURCE_EXHAUSTED only when told when', async () => {
  const retryable = new Set([1, 4, 10, 11, 14, 15]);
  for (let status = 1; status <= 16; status += 1) {
    const seen = await withGrpc(
      () => ({ status }),
      {},
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    );
    assert.equal(seen, retryable.has(status) ? 'refused' : 'rejected 1', `code ${status}`);
  }
  const details = encodeStatus({ code: 8, message: 'slow down', retryDelayMs: 1_250 });
  assert.equal(
    await withGrpc(
      () => ({ status: 8, details }),
      {},
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    ),
    'refused for 1250',
  );
});

void test('C5: exactly 429, 502, 503 and 504 are tried again, after the time asked for', async () => {
  for (const status of [400, 401, 404, 408, 413, 429, 500, 501, 502, 503, 504]) {
    const seen = await withHttp(
      (_request, response) => response.writeHead(status).end(),
      {},
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    );
    assert.equal(seen, [429, 502, 503, 504].includes(status) ? 'refused' : 'rejected 1', `status ${status}`);
  }
  const after = (value: string) =>
    withHttp(
      (_request, response) => response.writeHead(503, { 'retry-after': value }).end(),
      {},
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    );
  assert.equal(await after('7'), 'refused for 7000');
  assert.match(await after(new Date(Date.now() + 60_000).toUTCString()), /^refused for (?:59|60)\d{3}$/);
  assert.equal(await after('nonsense'), 'refused');
});

void test('C6: no connection, a broken one, and a hanging one are all worth another try', async () => {
  const nowhere = { endpoint: '127.0.0.1:1' };
  assert.equal(
    await withGrpc(
      () => undefined,
      nowhere,
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    ),
    'refused',
  );
  assert.equal(
    await withHttp(
      () => undefined,
      { endpoint: 'http://127.0.0.1:1' },
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    ),
    'refused',
  );
  const hang = { timeout: '50ms' };
  assert.equal(
    await withGrpc(
      () => undefined,
      hang,
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    ),
    'refused',
  );
  assert.equal(
    await withHttp(
      () => undefined,
      hang,
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    ),
    'refused',
  );
  const breaks = (stream: ServerHttp2Stream): undefined => {
    stream.session?.destroy();
  };
  assert.equal(await withGrpc(breaks, {}, (exporter) => outcome(exporter.consume(tracesBatch(1)))), 'refused');
  assert.equal(
    await withHttp(
      (request) => request.socket.destroy(),
      {},
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    ),
    'refused',
  );
  assert.equal(
    await withHttp(
      (request) => request.socket.end('nonsense\r\n\r\n'),
      {},
      (exporter) => outcome(exporter.consume(tracesBatch(1))),
    ),
    'refused',
  );
});

void test('C6: after a broken connection the next batch goes over a new one', async () => {
  let count = 0;
  const reply = (stream: ServerHttp2Stream): GrpcReply | undefined => {
    count += 1;
    if (count > 1) return { status: 0 };
    stream.session?.destroy();
    return undefined;
  };
  const retry = { retry_on_failure: { enabled: true, initial_interval: '1ms' } };
  assert.equal(await withGrpc(reply, retry, (exporter) => outcome(exporter.consume(tracesBatch(1)))), 'taken');
  assert.equal(count, 2);
});

void test('C7 and C8: calls go out at the same time, and nothing empty is sent', async () => {
  let open = 0;
  let most = 0;
  let asked = 0;
  const reply: http.RequestListener = (_request, response) => {
    asked += 1;
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      response.end();
    }, 20);
  };
  await withHttp(reply, {}, async (exporter) => {
    await exporter.consume({ ...tracesBatch(1), items: 0 });
    await Promise.all(Array.from({ length: 6 }, () => exporter.consume(tracesBatch(1))));
  });
  assert.ok(most >= 2);
  assert.ok(asked < 6, 'what waited went out together');
});
