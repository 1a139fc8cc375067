// A client that says GOAWAY and still waits for an answer gets it.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admission } from '../../pipeline/admission.ts';
import { SharedListenerPool } from '../../pipeline/listener-pool.ts';
import { GrpcServer } from '../../pipeline/transport/grpc-server.ts';

void test('a call under way outlives the GOAWAY of its client', { timeout: 20_000 }, async () => {
  const server = new GrpcServer({
    methods: new Map([['/slow', () => sleep(3_000, new Uint8Array([1, 2, 3]))]]),
    maxMessageBytes: 1 << 20,
    maxConcurrentStreams: 10,
    admission: new Admission(1 << 20),
    includeMetadata: false,
    keepalive: { maxConnectionIdleMs: 0, maxConnectionAgeMs: 0, maxConnectionAgeGraceMs: 0, timeMs: 0, timeoutMs: 0 },
    retryDetails: () => new Uint8Array(),
  });
  const address = { endpoint: '127.0.0.1:0', transport: 'tcp' } as const;
  const listening = await new SharedListenerPool().claim('test', address, (socket) => server.accept(socket));
  const session = http2.connect(`http://${listening.bound[0] ?? ''}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/slow',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.end(Buffer.alloc(5));
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  await sleep(50);
  session.goaway();
  await new Promise<void>((resolve, reject) => {
    stream.on('end', resolve);
    stream.on('close', resolve);
    stream.on('error', reject);
  });
  assert.deepEqual([...Buffer.concat(parts).subarray(5)], [1, 2, 3]);
  session.destroy();
  await listening.release();
  await server.stop(AbortSignal.abort());
});
