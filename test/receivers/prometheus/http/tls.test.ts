// The client of a job over TLS: who is trusted, what it shows of itself, and new certificates without a new start.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Admission } from '../../../../pipeline/admission.ts';
import { tlsClientSettings } from '../../../../pipeline/settings/tls.ts';
import { HttpClient } from '../../../../receivers/prometheus/http/client.ts';
import { TestAuthority } from '../../../support/certificates.ts';

const NO_PROXY = { url: '', noProxy: '', fromEnvironment: false, connectHeaders: new Map() };

async function clientWith(tls: object, proxy: object = {}): Promise<HttpClient> {
  const client = new HttpClient({
    settings: {
      tls: tlsClientSettings.parse(tls),
      proxy: { ...NO_PROXY, ...proxy },
      followRedirects: true,
      enableHttp2: true,
      headers: [],
    },
    component: 'receiver:prometheus',
    userAgent: 'test',
    connectTimeoutMs: 2_000,
    admission: new Admission(1 << 20),
    steadyNow: () => performance.now(),
    onFailure: (error) => assert.fail(String(error)),
  });
  await client.start();
  return client;
}

async function get(client: HttpClient, url: string): Promise<string> {
  const answer = await client.get(new URL(url), { headers: {}, timeoutMs: 2_000, limitBytes: 1_000 });
  const text = Buffer.from(answer.body).toString();
  answer.release();
  return text;
}

void test('certificates are verified, shown and read again', async (t) => {
  using authority = TestAuthority.make();
  if (!authority) {
    t.skip('this machine has no openssl');
    return;
  }
  const server = authority.issue('server', 'IP:127.0.0.1,DNS:shop.example');
  const [first, second] = [authority.issue('first', 'DNS:first'), authority.issue('second', 'DNS:second')];
  const listener = https.createServer(
    {
      key: readFileSync(server.key),
      cert: readFileSync(server.cert),
      ca: readFileSync(authority.ca),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      // Safe: every socket of this server is one of TLS.
      const socket = request.socket as TLSSocket;
      const { subject } = socket.getPeerCertificate();
      response.end(`${String(subject?.CN)} ${request.httpVersion} ${socket.alpnProtocol}`);
    },
  );
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const tunnels: string[] = [];
  const proxy = net.createServer((socket) => {
    socket.once('data', (head: Buffer) => {
      tunnels.push(head.toString());
      const upstream = net.connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const portOf = (one: net.Server): number => {
    const address = one.address();
    return typeof address === 'object' && address ? address.port : 0;
  };
  const port = portOf(listener);
  const url = `https://127.0.0.1:${port}/metrics`;
  const clients: HttpClient[] = [];
  const make = async (...args: Parameters<typeof clientWith>): Promise<HttpClient> => {
    const client = await clientWith(...args);
    clients.push(client);
    return client;
  };
  try {
    await assert.rejects(get(await make({}), url), /certificate/);
    assert.equal(await get(await make({ insecure_skip_verify: true }), url), 'undefined 1.1 http/1.1');
    await assert.rejects(
      get(await make({ ca_file: authority.ca, server_name_override: 'other.example' }), url),
      /altnames/i,
    );

    const [cert, key] = [path.join(authority.folder, 'now.pem'), path.join(authority.folder, 'now-key.pem')];
    copyFileSync(first.cert, cert);
    copyFileSync(first.key, key);
    const client = await make({ ca_file: authority.ca, cert_file: cert, key_file: key });
    assert.equal(await get(client, url), 'first 1.1 http/1.1');
    copyFileSync(second.cert, cert);
    copyFileSync(second.key, key);
    await client.refresh();
    assert.equal(await get(client, url), 'second 1.1 http/1.1');

    const through = await make(
      { ca_file: authority.ca },
      { url: `http://me:pass@127.0.0.1:${portOf(proxy)}`, connectHeaders: new Map([['X-Why', ['scrape']]]) },
    );
    assert.equal(await get(through, url), 'undefined 1.1 http/1.1');
    assert.match(tunnels[0] ?? '', new RegExp(`^CONNECT 127.0.0.1:${port} HTTP/1.1\r\n`));
    assert.match(tunnels[0] ?? '', /x-why: scrape\r\n/);
    assert.match(tunnels[0] ?? '', /proxy-authorization: Basic /i);
    await assert.rejects(make({ ca_file: '/nowhere/ca.pem' }), { code: 'TLS_MATERIAL' });
  } finally {
    for (const client of clients) client.close();
    listener.closeAllConnections();
    listener.close();
    proxy.close();
  }
});
