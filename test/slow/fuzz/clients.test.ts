// Destinations that answer with anything at all: the exporters see success, a refusal or a rejection of a whole number of
// items, and make their next request as if nothing was.

import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import otlpGrpc from '../../../exporters/otlp_grpc/index.ts';
import otlpHttp from '../../../exporters/otlp_http/index.ts';
import type { Exporter } from '../../../pipeline/component.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { encodePartialSuccess } from '../../../proto/export-response.ts';
import { partialSuccessToJson, statusToJson } from '../../../proto/json/status.ts';
import { encodeStatus } from '../../../proto/status.ts';
import { testContext } from '../../support/context.ts';
import { tracesBatch } from '../../support/requests.ts';
import { fuzz, type Verdict } from './driver.ts';
import { answerBytes, type Answer } from './http2-frames.ts';
import { mutateBytes, mutateText } from './mutate.ts';

const ITEMS = 5;
const BATCH = tracesBatch(ITEMS);
/** Of one call; an answer that never ends costs so much. */
const TIMEOUT = '500ms';

/** Answers every connection's first bytes with `answer.bytes` and closes. */
const answer = { bytes: Buffer.alloc(0) };
const server: Server = createServer((socket: Socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => socket.end(answer.bytes));
  socket.resume();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const endpoint = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
after(() => new Promise((resolve) => server.close(resolve)));

const SETTINGS = { timeout: TIMEOUT, retry_on_failure: { enabled: false }, sending_queue: { enabled: false } };

async function started(kind: 'grpc' | 'http'): Promise<Exporter> {
  const { context } = testContext({ kind: 'exporter', id: kind, realTime: true });
  const exporter =
    kind === 'grpc'
      ? otlpGrpc.create(otlpGrpc.config.parse({ ...SETTINGS, endpoint, tls: { insecure: true } }), context)
      : otlpHttp.create(otlpHttp.config.parse({ ...SETTINGS, endpoint: `http://${endpoint}` }), context);
  await exporter.start();
  after(() => exporter.stop(AbortSignal.timeout(1_000)));
  return exporter;
}

async function deliver(exporter: Exporter, input: Uint8Array): Promise<Verdict> {
  answer.bytes = Buffer.from(input);
  try {
    await exporter.consume(BATCH);
    return 'accepted';
  } catch (error) {
    if (error instanceof Rejected) {
      assert.ok(Number.isInteger(error.count) && error.count >= 1 && error.count <= ITEMS, `${error.count} items`);
    } else if (!(error instanceof Refused)) throw error;
    assert.doesNotMatch(error.message, /internal error/);
    assert.ok(error.message.length < 20_000, 'a message for people');
    return 'refused';
  }
}

const STATUS = { code: 14, message: 'busy', retryDelayMs: 1_000 };
const GRPC_HEADERS = { ':status': '200', 'content-type': 'application/grpc' };
const GRPC_ANSWERS: readonly [Answer, ...Answer[]] = [
  { headers: GRPC_HEADERS, body: new Uint8Array(0), trailers: { 'grpc-status': '0' } },
  { headers: GRPC_HEADERS, body: encodePartialSuccess(2, 'two are bad'), trailers: { 'grpc-status': '0' } },
  {
    headers: GRPC_HEADERS,
    body: new Uint8Array(0),
    trailers: {
      'grpc-status': '14',
      'grpc-message': 'busy%20%e2%82%ac%zz',
      'grpc-status-details-bin': Buffer.from(encodeStatus(STATUS)).toString('base64'),
    },
  },
  {
    headers: { ...GRPC_HEADERS, 'grpc-status': '99999999999' },
    body: new Uint8Array(0),
    trailers: { 'grpc-status': 'x' },
  },
  { headers: { ':status': '503', 'content-type': 'text/html' }, body: Buffer.from('<html>'), trailers: { a: 'b' } },
  { headers: { ...GRPC_HEADERS, 'grpc-encoding': 'gzip' }, body: gzipSync('{}'), trailers: { 'grpc-status': '8' } },
];

void test('answers over gRPC', { timeout: 0x7fff_ffff }, async (context) => {
  const exporter = await started('grpc');
  await fuzz(
    context,
    {
      name: 'grpc-client',
      make: (random) => answerBytes(random, random.pick(GRPC_ANSWERS)),
      try: (input) => deliver(exporter, input),
    },
    8,
  );
});

function reply(status: string, headers: readonly string[], body: Uint8Array | string): Buffer {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return Buffer.concat([
    Buffer.from([`HTTP/1.1 ${status}`, length, ...headers, '', ''].join('\r\n')),
    Buffer.from(body),
  ]);
}

const PROTOBUF = 'Content-Type: application/x-protobuf';
const JSON_TYPE = 'Content-Type: application/json';
const HTTP_ANSWERS = [
  reply('200 OK', [PROTOBUF], ''),
  reply('200 OK', [PROTOBUF], encodePartialSuccess(3, 'why')),
  reply('200 OK', [JSON_TYPE], partialSuccessToJson('traces', 2, 'why')),
  reply('503 Busy', [PROTOBUF, 'Retry-After: 3'], encodeStatus(STATUS)),
  reply('429 Slow', [JSON_TYPE, 'Retry-After: Wed, 21 Oct 2099 07:28:00 GMT'], statusToJson(STATUS)),
  reply('400 Bad', [PROTOBUF, 'Content-Encoding: gzip'], gzipSync(encodeStatus(STATUS))),
  reply('301 There', ['Location: http://127.0.0.1:1/'], ''),
  Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'),
];
const WORDS = [
  'Retry-After',
  'Content-Length',
  'Transfer-Encoding',
  'chunked',
  '1e9',
  '-5',
  '101',
  '100',
  '204',
  '999',
];

void test('answers over HTTP', { timeout: 0x7fff_ffff }, async (context) => {
  const exporter = await started('http');
  const texts = HTTP_ANSWERS.map((one) => one.toString('latin1'));
  await fuzz(
    context,
    {
      name: 'http-client',
      make(random) {
        const one = HTTP_ANSWERS[random.below(HTTP_ANSWERS.length)] ?? Buffer.alloc(0);
        if (random.chance(0.1)) return one;
        if (random.chance(0.5)) return mutateBytes(one, random, HTTP_ANSWERS);
        return Buffer.from(mutateText(one.toString('latin1'), random, WORDS, texts), 'latin1');
      },
      try: (input) => deliver(exporter, input),
    },
    8,
  );
});
