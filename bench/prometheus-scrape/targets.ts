// The targets and the destination, a process of their own: a page under any address of this machine's loopback network, so that
// every target has connections of its own, and a server that takes what is sent and forgets it.

import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { ChangingPage } from './page.ts';

export interface TargetsReady {
  readonly pagePort: number;
  readonly sinkPort: number;
  readonly pageBytes: number;
  readonly series: number;
}

/** What has happened so far. */
export interface TargetsCount {
  readonly scrapes: number;
  readonly requests: number;
  readonly requestBytes: number;
  /** Connections that targets have been opened. */
  readonly connections: number;
}

const [, , series = '1000'] = process.argv;
const page = new ChangingPage(Number(series));
const startedMs = performance.now();
let scrapes = 0;
let requests = 0;
let requestBytes = 0;
let connections = 0;

const pages = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  scrapes++;
  page.write(Math.floor(performance.now() - startedMs));
  const isGzip = request.headers['accept-encoding'] === 'gzip';
  const body = isGzip ? gzipSync(page.bytes, { level: 1 }) : Buffer.from(page.bytes);
  response.writeHead(200, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': body.length,
    ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(body);
});
pages.on('connection', () => connections++);

const sink = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.on('data', (part: Buffer) => (requestBytes += part.length));
  request.on('end', () => {
    requests++;
    response.writeHead(200, {
      'content-length': 0,
      'content-type': 'application/x-protobuf',
    });
    response.end();
  });
});

function listening(server: http.Server, host: string): Promise<number> {
  return new Promise((resolve) => {
    server.listen({ port: 0, host, backlog: 4096 }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

const [pagePort, sinkPort] = await Promise.all([listening(pages, '0.0.0.0'), listening(sink, '127.0.0.1')]);
process.send?.({ pagePort, sinkPort, pageBytes: page.bytes.length, series: page.series } satisfies TargetsReady);
process.on('message', () => process.send?.({ scrapes, requests, requestBytes, connections } satisfies TargetsCount));
process.on('disconnect', () => process.exit(0));
