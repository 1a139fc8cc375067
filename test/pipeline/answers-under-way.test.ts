import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { AnswersUnderWay } from '../../pipeline/answers-under-way.ts';

void test('bytes are counted once per body, and given back with the last response', { timeout: 10_000 }, async () => {
  const answers = new AnswersUnderWay(10_000, 1 << 30);
  const body = Buffer.alloc(16 << 20);
  const waiting: ServerResponse[] = [];
  const server = createServer((_request, response) => void waiting.push(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address && typeof address === 'object');
  const requests = [0, 1].map(() =>
    get({ port: address.port, host: '127.0.0.1', agent: false }).on('error', () => undefined),
  );
  while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));
  for (const response of waiting) {
    response.writeHead(200, { 'content-length': body.length });
    answers.send(response, body);
  }
  assert.equal(answers.bytes, body.length);
  requests[0]?.destroy();
  await once(waiting[0] ?? server, 'close');
  assert.equal(answers.bytes, body.length);
  requests[1]?.destroy();
  await once(waiting[1] ?? server, 'close');
  assert.equal(answers.bytes, 0);
  server.close();
});
