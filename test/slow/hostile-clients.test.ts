// Clients that mean harm, or are merely broken, against a real agent with a memory limit: each is bounded, and whoever else
// asks is served meanwhile.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { watchMemory } from '../../bench/pipeline/process-tree.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { httpRequest } from '../support/http-request.ts';
import { Prober, quietP99Ms } from '../support/prober.ts';
import { tracesRequest } from '../support/requests.ts';

const LIMIT_MIB = 256;
const MOST_MIB = 1.1 * LIMIT_MIB;
const PROBE_P99_MS = 100;
/** A machine that does other things as well makes even an idle agent slow: so many times that is not the load's doing. */
const QUIET_FACTOR = 5;
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

interface Ports {
  readonly grpc: number;
  readonly http: number;
  readonly admin: number;
}

async function ports(): Promise<Ports> {
  const [grpc = 0, http = 0, admin = 0] = await freePorts(3);
  return { grpc, http, admin };
}

function startBounded({ grpc, http, admin }: Ports) {
  return startAgent({
    config: {
      receivers: {
        otlp: {
          protocols: { grpc: { endpoint: `127.0.0.1:${grpc}` }, http: { endpoint: `127.0.0.1:${http}` } },
        },
      },
      processors: { memory_limiter: { check_interval: '1s', limit_mib: LIMIT_MIB } },
      exporters: { nop: {} },
      extensions: { zpages: { endpoint: `127.0.0.1:${admin}` } },
      service: {
        extensions: ['zpages'],
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['nop'] } },
      },
    },
  });
}

/** Asks the admin port all the while. */
async function adminProber({ admin }: Ports): Promise<{ prober: Prober; mostMs: number }> {
  const question = { url: `http://127.0.0.1:${admin}/api/pipelines`, method: 'GET' };
  const mostMs = PROBE_P99_MS + QUIET_FACTOR * (await quietP99Ms(question, 20, 2_000));
  return { prober: new Prober([question], 20), mostMs };
}

async function isServed({ http }: Ports): Promise<boolean> {
  const { status } = await httpRequest(`http://127.0.0.1:${http}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: tracesRequest(1),
  });
  return status === 200;
}

async function openSocket(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

void test('bodies that grow a thousandfold: memory and the loop stay within bounds, every one is answered', async (t) => {
  const at = await ports();
  await using agent = await startBounded(at);
  const { prober, mostMs } = await adminProber(at);
  const memory = watchMemory(agent.pid, 20);
  const grown = Buffer.alloc(60 << 20);
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
  const bombs = { gzip: gzipSync(grown), zstd: zstdCompressSync(grown, level) };
  const statuses = new Map<number, number>();
  const send = async (encoding: 'gzip' | 'zstd'): Promise<void> => {
    const { status, headers } = await httpRequest(`http://127.0.0.1:${at.http}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': encoding },
      body: bombs[encoding],
    });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 503) assert.ok(headers['retry-after'], 'who is refused for want of memory is told to come again');
  };
  const attackers = Array.from({ length: 32 }, async (_, index) => {
    for (let round = 0; round < 4; round += 1) await send(index % 2 === 0 ? 'gzip' : 'zstd');
  });
  await Promise.all(attackers);
  const [admin] = await prober.stop();
  const residentMib = memory.stop();
  t.diagnostic(
    `answers ${JSON.stringify([...statuses])}; ${residentMib.toFixed(0)} MiB; p99 ${admin?.p99Ms.toFixed(0)} ms`,
  );
  // Zeros are no protobuf: those that found room were read and found wrong.
  assert.deepEqual(
    [...statuses.keys()].filter((status) => status !== 400 && status !== 503),
    [],
  );
  assert.ok(residentMib <= MOST_MIB, `${residentMib} MiB resident`);
  assert.ok((admin?.p99Ms ?? Infinity) <= mostMs, `p99 of the admin port ${admin?.p99Ms} ms`);
  assert.ok(await isServed(at));
});

void test('bodies announced and not sent: the memory reserved for them comes back', async () => {
  const at = await ports();
  await using agent = await startBounded(at);
  assert.ok(agent.isRunning);
  // Together they reserve all there is: forty of one MiB each.
  const head = `POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${1 << 20}\r\n\r\nab`;
  const sockets = await Promise.all(Array.from({ length: 40 }, () => openSocket(at.http)));
  const answers = sockets.map(async (socket) => {
    let text = '';
    socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
    socket.write(head);
    await once(socket, 'close');
    return text.slice(0, 'HTTP/1.1 408'.length);
  });
  const session = http2.connect(`http://127.0.0.1:${at.grpc}`);
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': EXPORT,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const answered = once(stream, 'response');
  const frame = Buffer.alloc(6);
  frame.writeUInt32BE(4 << 20, 1);
  stream.write(frame);
  const [trailers] = await answered;
  // DEADLINE_EXCEEDED, or UNAVAILABLE where the others had taken all the memory.
  assert.match(String((trailers as http2.IncomingHttpHeaders)['grpc-status']), /^(?:4|14)$/);
  session.destroy();
  const heads = await Promise.all(answers);
  assert.deepEqual(
    [...new Set(heads)].toSorted(),
    ['HTTP/1.1 408', 'HTTP/1.1 503'].filter((one) => heads.includes(one)),
  );
  assert.ok(heads.includes('HTTP/1.1 408'));
  assert.ok(await isServed(at));
});

void test('ten thousand connections: beyond the limit they are closed, and other ports answer', async (t) => {
  const at = await ports();
  await using agent = await startBounded(at);
  const { prober, mostMs } = await adminProber(at);
  const memory = watchMemory(agent.pid);
  const preface = Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
  ]);
  const sockets: net.Socket[] = [];
  for (let count = 0; count < 10_000; count += 100) {
    const opened = await Promise.all(Array.from({ length: 100 }, () => openSocket(at.grpc)));
    for (const socket of opened) {
      if (socket.destroyed) continue;
      socket.resume().write(preface);
      sockets.push(socket);
    }
  }
  await sleep(1_000);
  const open = sockets.filter((socket) => !socket.destroyed).length;
  const [admin] = await prober.stop();
  const residentMib = memory.stop();
  t.diagnostic(`${open} connections open; ${residentMib.toFixed(0)} MiB; p99 ${admin?.p99Ms.toFixed(0)} ms`);
  assert.ok(open > 1_000 && open < 4_000, `${open} connections are open`);
  assert.ok(residentMib <= MOST_MIB, `${residentMib} MiB resident`);
  assert.ok((admin?.p99Ms ?? Infinity) <= mostMs, `p99 of the admin port ${admin?.p99Ms} ms`);
  assert.match(agent.stderr, /Connections beyond the limit were closed/);
  for (const socket of sockets) socket.destroy();
  await sleep(500);
  assert.equal((await openSocket(at.grpc)).destroyed, false);
});

void test('clients that never read their answers are held back, not buffered for', async (t) => {
  const at = await ports();
  await using agent = await startBounded(at);
  const memory = watchMemory(agent.pid);
  const body = Buffer.from(tracesRequest(1));
  const request = Buffer.concat([
    Buffer.from(
      `POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${body.length}\r\n\r\n`,
    ),
    body,
  ]);
  const pipelined = Buffer.concat(Array.from({ length: 100 }, () => request));
  const sockets = await Promise.all(Array.from({ length: 20 }, () => openSocket(at.http)));
  let written = 0;
  for (const socket of sockets) {
    socket.pause();
    for (let round = 0; round < 200; round += 1) {
      if (!socket.write(pipelined)) await Promise.race([once(socket, 'drain'), sleep(100)]);
      if (socket.writableNeedDrain) break;
      written += 100;
    }
  }
  await sleep(1_000);
  const residentMib = memory.stop();
  t.diagnostic(`${written} requests were taken off the clients; ${residentMib.toFixed(0)} MiB`);
  assert.ok(residentMib <= MOST_MIB, `${residentMib} MiB resident`);
  assert.ok(await isServed(at));
  for (const socket of sockets) socket.destroy();
});
