// What the server writes around an answer.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { test, type TestContext } from 'node:test';
import { Admission } from '../../../pipeline/admission.ts';
import { HttpServer, type HttpResponse } from '../../../pipeline/transport/http-server.ts';
import { portOf } from '../../support/destination.ts';
import { SOON } from '../../support/context.ts';

/** Answers by path: `/head/204` before it reads the body, `/204` after. */
async function serve(t: TestContext): Promise<number> {
  const answerTo = (path: string): HttpResponse => ({
    status: Number(path.slice(-3)),
    headers: { 'x-own': '1' },
    body: '',
  });
  const server = new HttpServer({
    service: {
      head: (_method, path) => (path.startsWith('/head') ? answerTo(path) : undefined),
      handle: async ({ path }) => answerTo(path),
      refuse: () => answerTo('/413'),
    },
    maxBodyBytes: 1_000,
    admission: new Admission(1 << 20),
    readTimeoutMs: 0,
    writeTimeoutMs: 0,
    readHeaderTimeoutMs: 0,
    idleTimeoutMs: 0,
    keepAlive: true,
  });
  const listener = net.createServer((socket) => server.accept(socket));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(async () => {
    listener.close();
    await server.stop(SOON());
  });
  return portOf(listener);
}

/** Everything the server says to these bytes until it closes. */
async function said(port: number, bytes: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(bytes);
  let text = '';
  for await (const part of socket.setEncoding('latin1')) text += String(part);
  return text;
}

const ask = (path: string, more = ''): string => `POST ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

void test('204 goes without a length and the connection on; every other answer has one', async (t) => {
  const port = await serve(t);
  const text = await said(
    port,
    ask('/204') + ask('/200', 'Content-Length: 2\r\n') + 'ok' + ask('/204', 'Connection: close\r\n'),
  );
  const answers = text.split(/(?=HTTP\/1\.1 )/);
  assert.deepEqual(
    answers.map((answer) => [
      answer.slice(9, 12),
      /content-length: (\d+)/i.exec(answer)?.[1],
      /transfer-encoding/i.test(answer),
    ]),
    [
      ['204', undefined, false],
      ['200', '0', false],
      ['204', undefined, false],
    ],
  );
  for (const answer of answers) assert.match(answer, /^x-own: 1$/m);
});

void test('204 before the body is whole ends the request', async (t) => {
  const port = await serve(t);
  const text = await said(port, `${ask('/head/204', 'Content-Length: 4\r\n')}body`);
  assert.match(text, /^HTTP\/1\.1 204 /);
  assert.doesNotMatch(text, /content-length|transfer-encoding/i);
});

void test('the same over HTTP/2', async (t) => {
  const session = http2.connect(`http://127.0.0.1:${await serve(t)}`);
  for (const [path, length] of [
    ['/204', undefined],
    ['/200', '0'],
  ] as const) {
    const stream = session.request({ ':method': 'POST', ':path': path });
    stream.end('body');
    const [headers] = await once(stream, 'response');
    assert.deepEqual([headers[':status'], headers['content-length']], [Number(path.slice(1)), length]);
    stream.resume();
    await once(stream, 'end');
  }
  session.close();
});
