// Requests that OTLP over HTTP has to turn away, sent to a real agent: the right status, a google.rpc.Status in the
// request's own encoding (OTLP specification, "OTLP/HTTP response"), and the next request is taken as if nothing was.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, test } from 'node:test';
import zlib from 'node:zlib';
import { decodeStatus } from '../../proto/status.ts';
import { freePorts, startAgent, type Program } from '../support/agent.ts';
import { httpDestination, type Destination } from '../support/destination.ts';
import { httpRequest, type HttpAnswer, type HttpQuestion } from '../support/http-request.ts';
import { pipelines } from '../support/pipelines.ts';
import { spansMessage } from '../support/spans.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const LIMIT_BYTES = 1_000_000;
/** Leaves 70 MiB for data in flight. */
const MEMORY_LIMITER = { check_interval: '1s', limit_mib: 200 };
/** Together they ask for more than there is. */
const DYING_CLIENTS = 80;
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;

let destination: Destination;
let agent: Program;
let httpPort: number;

before(async () => {
  destination = await httpDestination();
  const [grpcPort = 0, port = 0] = await freePorts(2);
  httpPort = port;
  const settings = { endpoint: `http://127.0.0.1:${destination.port}`, sending_queue: { enabled: false } };
  const http = { max_request_body_size: LIMIT_BYTES };
  const processors = { memory_limiter: MEMORY_LIMITER };
  agent = await startAgent({
    config: pipelines({ grpcPort, httpPort, http, processors, exporter: 'otlp_http', settings }),
  });
});

after(async () => {
  await agent.stop();
  await destination[Symbol.asyncDispose]();
});

afterEach(async () => {
  const arrived = destination.arrivals.all.length;
  const answer = await post({ headers: { 'content-type': PROTOBUF }, body: spansMessage(2) });
  assert.equal(answer.status, 200, 'a good request after a bad one');
  assert.equal(destination.arrivals.all.length, arrived + 1);
  assert.ok(agent.isRunning);
});

function post(question: HttpQuestion, path = '/v1/traces'): Promise<HttpAnswer> {
  return httpRequest(`http://127.0.0.1:${httpPort}${path}`, question);
}

/** Checks the answer: status, its encoding, and the google.rpc.Status in it; gives the message. */
function refusal(answer: HttpAnswer, status: number, contentType: string, code?: number): string {
  assert.equal(answer.status, status, answer.body.toString());
  assert.equal(answer.headers['content-type'], contentType);
  const seen =
    contentType === JSON_TYPE
      ? (JSON.parse(answer.body.toString()) as { code?: number; message?: string })
      : decodeStatus(answer.body);
  assert.ok(seen?.message, 'a Status has to say something');
  if (code !== undefined) assert.equal(seen.code, code);
  return seen.message;
}

void test('an empty request succeeds in either encoding and goes no further', async () => {
  const arrived = destination.arrivals.all.length;
  const binary = await post({ headers: { 'content-type': PROTOBUF } });
  assert.equal(binary.status, 200);
  assert.equal(binary.headers['content-type'], PROTOBUF);
  assert.equal(binary.body.length, 0);
  const text = await post({ headers: { 'content-type': JSON_TYPE }, body: '{}' });
  assert.equal(text.status, 200);
  assert.deepEqual(JSON.parse(text.body.toString()), {});
  assert.equal(destination.arrivals.all.length, arrived);
});

void test('bytes that are no protobuf: 400', async () => {
  const answer = await post({ headers: { 'content-type': PROTOBUF }, body: 'not protobuf at all' });
  assert.match(refusal(answer, 400, PROTOBUF, INVALID_ARGUMENT), /OTLP/);
});

void test('text that is no JSON, and JSON that is no OTLP: 400 with the place', async () => {
  const headers = { 'content-type': JSON_TYPE };
  refusal(await post({ headers, body: '{"resourceSpans": [' }), 400, JSON_TYPE, INVALID_ARGUMENT);
  const wrong = await post({ headers, body: '{"resourceSpans": 5}' });
  assert.match(refusal(wrong, 400, JSON_TYPE, INVALID_ARGUMENT), /resourceSpans/);
  const badId = { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'xyz', name: 'a' }] }] }] };
  assert.match(refusal(await post({ headers, body: JSON.stringify(badId) }), 400, JSON_TYPE), /traceId/);
});

void test('unknown JSON fields are ignored, as the specification says', async () => {
  const body = JSON.stringify({ resourceSpans: [], fromTheFuture: { a: [1] } });
  const answer = await post({ headers: { 'content-type': JSON_TYPE }, body });
  assert.equal(answer.status, 200, answer.body.toString());
});

void test('a wrong content type: 415 that names the right ones', async () => {
  for (const type of ['text/plain', 'application/xml', undefined]) {
    const answer = await post({ ...(type === undefined ? {} : { headers: { 'content-type': type } }), body: 'x' });
    assert.equal(answer.status, 415);
    assert.match(answer.body.toString(), /application\/x-protobuf/);
    assert.doesNotThrow(() => JSON.parse(answer.body.toString()), 'a Status where the request had no usable encoding');
  }
});

void test('another method: 405; another path: 404', async () => {
  const get = await post({ method: 'GET', headers: { 'content-type': PROTOBUF } });
  refusal(get, 405, PROTOBUF);
  assert.equal(get.headers['allow'], 'POST');
  const elsewhere = await post({ headers: { 'content-type': PROTOBUF } }, '/v1/trace');
  assert.match(refusal(elsewhere, 404, PROTOBUF), /\/v1\/traces/);
});

void test('a body too large, its length announced or not: 413', async () => {
  const body = Buffer.alloc(LIMIT_BYTES + 1);
  const announced = await post({ headers: { 'content-type': PROTOBUF, 'content-length': body.length }, body });
  assert.match(refusal(announced, 413, PROTOBUF, RESOURCE_EXHAUSTED), /1000000/);
  const chunked = await post({ headers: { 'content-type': PROTOBUF, 'transfer-encoding': 'chunked' }, body });
  refusal(chunked, 413, PROTOBUF, RESOURCE_EXHAUSTED);
});

void test('a client still sending a body too large finds its connection whole until it has read the answer', async () => {
  const rest = Buffer.alloc(LIMIT_BYTES * 2);
  const socket = connect(httpPort, '127.0.0.1');
  let text = '';
  let endedAfter = -1;
  let written = 0;
  socket.on('data', (part: Buffer) => (text += part.toString()));
  socket.on('end', () => (endedAfter = written));
  const closed = new Promise<boolean>((resolve) => socket.on('close', resolve));
  const write = (bytes: Buffer | string): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  await write(
    `POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: ${PROTOBUF}\r\ncontent-length: ${rest.length}\r\n\r\n`,
  );
  while (!text.startsWith('HTTP/1.1 413')) await sleep(5);
  for (let at = 0; at < rest.length; at += 100_000) {
    await write(rest.subarray(at, at + 100_000));
    written = Math.min(rest.length, at + 100_000);
  }
  assert.equal(await closed, false, 'closed without an error');
  assert.equal(endedAfter, rest.length, 'the server closed after it had read all');
});

void test('a body too large once decompressed: 413, in every encoding', async () => {
  const large = Buffer.alloc(20 * LIMIT_BYTES);
  const bombs = {
    gzip: zlib.gzipSync(large),
    deflate: zlib.deflateSync(large),
    zlib: zlib.deflateSync(large),
    zstd: zlib.zstdCompressSync(large),
  };
  for (const [encoding, body] of Object.entries(bombs)) {
    assert.ok(body.length < LIMIT_BYTES);
    const answer = await post({ headers: { 'content-type': PROTOBUF, 'content-encoding': encoding }, body });
    assert.match(refusal(answer, 413, PROTOBUF, RESOURCE_EXHAUSTED), /1000000/, encoding);
  }
});

void test('compressed data that is broken, truncated or of an unknown kind: 400', async () => {
  const whole = zlib.gzipSync(spansMessage(50));
  const flipped = Buffer.from(whole);
  flipped[whole.length - 6] = (flipped[whole.length - 6] ?? 0) ^ 0xff;
  for (const [encoding, body] of [
    ['gzip', Buffer.from('no gzip')],
    ['gzip', whole.subarray(0, whole.length / 2)],
    ['gzip', flipped],
    ['zstd', whole],
    ['snappy', whole],
    ['lz4', whole],
  ] as const) {
    const answer = await post({ headers: { 'content-type': PROTOBUF, 'content-encoding': encoding }, body });
    refusal(answer, 400, PROTOBUF, INVALID_ARGUMENT);
  }
});

void test('every standard encoding is taken', async () => {
  const message = spansMessage(30);
  const bodies = {
    gzip: zlib.gzipSync(message),
    deflate: zlib.deflateSync(message),
    zstd: zlib.zstdCompressSync(message),
    identity: message,
  };
  for (const [encoding, body] of Object.entries(bodies)) {
    const answer = await post({ headers: { 'content-type': PROTOBUF, 'content-encoding': encoding }, body });
    assert.equal(answer.status, 200, `${encoding}: ${answer.body.toString()}`);
    assert.deepEqual(Buffer.from(destination.arrivals.all.at(-1)?.body ?? []), Buffer.from(message), encoding);
  }
});

void test('a client that dies in its body leaves nothing behind', async () => {
  const arrived = destination.arrivals.all.length;
  for (let client = 0; client < DYING_CLIENTS; client += 20) await Promise.all(Array.from({ length: 20 }, die));
  assert.equal(destination.arrivals.all.length, arrived);
  // That memory is free again is what the good request after every test proves.
});

/** Announces a body as large as is allowed, sends a little of it and is gone. */
async function die(): Promise<void> {
  const socket = connect(httpPort, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: ${PROTOBUF}\r\ncontent-length: ${LIMIT_BYTES}\r\n\r\n`,
  );
  socket.write(Buffer.alloc(1000));
  await sleep(50);
  socket.resetAndDestroy();
}

void test('a head that is no HTTP: the connection is answered with 400 or closed', async () => {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(httpPort, '127.0.0.1');
    let text = '';
    socket.on('data', (part: Buffer) => (text += part.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.write('\x16\x03\x01 this is somebody speaking TLS\r\n\r\n');
  });
  assert.ok(answer === '' || answer.startsWith('HTTP/1.1 400'), answer);
});
