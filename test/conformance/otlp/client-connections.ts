// The client clauses about connections, concurrency and several destinations: C6–C8.

import { decode } from '../../proto/reference.ts';
import { tracesRequest } from '../../support/requests.ts';
import { every, found, type Clause, type Finding } from './clause.ts';
import type { ClientBench, ClientCheck } from './client-bench.ts';
import { always, type ScriptedServer } from './scripted-server.ts';
import { selfSigned } from './self-signed.ts';

/** Everything in the shared batch arrived in the end, at each of the servers. */
async function arrived(bench: ClientBench, ...names: readonly string[]): Promise<Finding> {
  return every(
    await Promise.all(
      names.map(async (name) => {
        const server = bench.server(name);
        const isTaken = await server.until(() => server.attempts.some(({ answered }) => answered));
        return found(isTaken, isTaken ? 'delivered' : `${name}: not delivered, ${server.attempts.length} attempts`);
      }),
    ),
  );
}

const certificate = selfSigned();

const C6: Clause<ClientCheck> = {
  id: 'C6',
  duty: 'no connection, a broken one and silence are tried again; connections are kept; HTTP/1.1 will do',
  checks: [
    {
      level: 'SHOULD',
      what: 'data waits for a destination that is not there yet',
      stands: { grpc: { protocol: 'grpc', isDown: true }, http: { protocol: 'http', isDown: true } },
      look: async (bench) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        await bench.server('grpc').start();
        await bench.server('http').start();
        return arrived(bench, 'grpc', 'http');
      },
    },
    {
      level: 'SHOULD',
      what: 'a connection that breaks without an answer',
      stands: {
        grpc: { protocol: 'grpc', reply: (attempt) => (attempt === 1 ? 'disconnect' : { status: 0 }) },
        http: { protocol: 'http', reply: (attempt) => (attempt === 1 ? 'disconnect' : { status: 200 }) },
      },
      look: (bench) => arrived(bench, 'grpc', 'http'),
    },
    {
      level: 'SHOULD',
      what: 'an answer that never comes',
      stands: {
        grpc: {
          protocol: 'grpc',
          reply: (attempt) => (attempt === 1 ? 'hang' : { status: 0 }),
          settings: { timeout: '100ms' },
        },
        http: {
          protocol: 'http',
          reply: (attempt) => (attempt === 1 ? 'hang' : { status: 200 }),
          settings: { timeout: '100ms' },
        },
      },
      look: (bench) => arrived(bench, 'grpc', 'http'),
    },
    {
      level: 'SHOULD',
      what: 'an answer that is no HTTP',
      stands: { http: { protocol: 'http', reply: (attempt) => (attempt === 1 ? 'nonsense' : { status: 200 }) } },
      look: (bench) => arrived(bench, 'http'),
    },
    {
      level: 'SHOULD',
      what: 'two requests go over one connection',
      sendsItself: true,
      stands: { grpc: { protocol: 'grpc' }, http: { protocol: 'http' } },
      look: async (bench) => {
        const servers = [bench.server('grpc'), bench.server('http')];
        for (let count = 1; count <= 2; count += 1) {
          await bench.send(tracesRequest(1));
          await Promise.all(
            servers.map((server) =>
              server.until(() => server.attempts.filter(({ answered }) => answered).length >= count),
            ),
          );
        }
        return every(
          servers.map(({ attempts }) => {
            const connections = new Set(attempts.map(({ connection }) => connection)).size;
            return found(
              connections === 1 && attempts.length === 2,
              `${attempts.length} requests, ${connections} connections`,
            );
          }),
        );
      },
    },
    {
      level: 'SHOULD',
      what: 'a TLS server that only speaks HTTP/1.1',
      ...(certificate ? {} : { unless: 'this machine has no openssl to make a certificate' }),
      stands: { http: { protocol: 'http', ...(certificate ? { tls: certificate } : {}) } },
      look: (bench) => arrived(bench, 'http'),
    },
  ],
};

const C7: Clause<ClientCheck> = {
  id: 'C7',
  duty: 'calls go out at the same time, as many as configured; the stop waits for answers',
  checks: [
    {
      level: 'SHOULD',
      what: 'several calls at a time',
      sendsItself: true,
      stands: {
        grpc: { protocol: 'grpc', reply: always({ status: 0, delayMs: 3_000, untilAttempts: 2 }) },
        http: { protocol: 'http', reply: always({ status: 200, delayMs: 3_000, untilAttempts: 2 }) },
      },
      look: async (bench) => {
        const servers = await overlapping(bench);
        return every(servers.map(({ mostOpen }) => found(mostOpen > 1, mostOpen > 1 ? 'several open' : '1 open')));
      },
    },
    {
      level: 'SHOULD',
      what: 'one at a time where configured so',
      sendsItself: true,
      stands: {
        grpc: {
          protocol: 'grpc',
          reply: always({ status: 0, delayMs: 50 }),
          settings: { sending_queue: { enabled: true, num_consumers: 1 } },
        },
        http: {
          protocol: 'http',
          reply: always({ status: 200, delayMs: 50 }),
          settings: { sending_queue: { enabled: true, num_consumers: 1 } },
        },
      },
      look: async (bench) => {
        const servers = await overlapping(bench);
        return every(servers.map(({ mostOpen }) => found(mostOpen === 1, `${mostOpen} open`)));
      },
    },
    {
      level: 'SHOULD',
      what: 'the stop waits for the answers to what is under way',
      sendsItself: true,
      stands: {
        grpc: { protocol: 'grpc', reply: always({ status: 0, delayMs: 300 }) },
        http: { protocol: 'http', reply: always({ status: 200, delayMs: 300 }) },
      },
      beforeStop: async (bench) => {
        void bench.send(tracesRequest(1));
        const servers = [bench.server('grpc'), bench.server('http')];
        await Promise.all(servers.map((server) => server.until(() => server.attempts.length > 0)));
      },
      look: (bench) =>
        Promise.resolve(
          every(
            ['grpc', 'http'].map((name) => {
              const isAnswered = bench.server(name).attempts[0]?.answered === true;
              return found(isAnswered, isAnswered ? 'the answer was waited for' : `${name}: it was not waited for`);
            }),
          ),
        ),
    },
  ],
};

/** Sends twice, the second while the first is under way at both servers. */
async function overlapping(bench: ClientBench): Promise<readonly ScriptedServer[]> {
  const servers = [bench.server('grpc'), bench.server('http')];
  void bench.send(tracesRequest(1));
  await Promise.all(servers.map((server) => server.until(() => server.attempts.length > 0)));
  void bench.send(tracesRequest(1));
  await Promise.all(
    servers.map((server) => server.until(() => server.attempts.filter(({ answered }) => answered).length > 1)),
  );
  return servers;
}

const C8: Clause<ClientCheck> = {
  id: 'C8',
  duty: 'each destination has a queue of its own; nothing empty is sent',
  checks: [
    {
      level: 'SHOULD',
      what: 'a destination that hangs or is not there holds no other up',
      sendsItself: true,
      stands: {
        hangs: { protocol: 'grpc', reply: always('hang') },
        silent: { protocol: 'http', reply: always('hang') },
        absent: { protocol: 'http', isDown: true },
        grpc: { protocol: 'grpc' },
        http: { protocol: 'http' },
      },
      look: async (bench) => {
        for (let count = 0; count < 3; count += 1) void bench.send(tracesRequest(1, { firstTrace: count + 1 }));
        const all = await Promise.all(['grpc', 'http'].map((name) => spansArrive(bench.server(name), 3)));
        const isHanging = bench.server('hangs').attempts.some(({ answered }) => !answered);
        return every([...all, found(isHanging, isHanging ? 'all else delivered' : 'nothing hung')]);
      },
    },
    {
      level: 'SHOULD',
      what: 'no request without items',
      sendsItself: true,
      stands: { grpc: { protocol: 'grpc' }, http: { protocol: 'http' } },
      look: async (bench) => {
        // Nothing at all, and an envelope without a span.
        await bench.send(new Uint8Array(0));
        await bench.send(Buffer.from([0x0a, 0x02, 0x12, 0x00]));
        await bench.send(tracesRequest(1));
        const servers = [bench.server('grpc'), bench.server('http')];
        await Promise.all(servers.map((server) => server.until(() => spansOf(server) > 0)));
        const empty = servers.flatMap(({ attempts }) => attempts).filter(({ body }) => countSpans(body) === 0).length;
        return found(empty === 0, `${empty} empty requests`);
      },
    },
  ],
};

async function spansArrive(server: ScriptedServer, count: number): Promise<Finding> {
  const isWhole = await server.until(() => spansOf(server) === count);
  return found(isWhole, isWhole ? `${count} spans` : `${spansOf(server)} of ${count} spans`);
}

function spansOf(server: ScriptedServer): number {
  return server.attempts.reduce((sum, { body }) => sum + countSpans(body), 0);
}

function countSpans(body: Uint8Array): number {
  // The shape is that of a decoded ExportTraceServiceRequest.
  const { resourceSpans = [] } = decode('traces', body) as {
    resourceSpans?: { scopeSpans?: { spans?: unknown[] }[] }[];
  };
  return resourceSpans.reduce(
    (sum, { scopeSpans = [] }) => sum + scopeSpans.reduce((inner, { spans = [] }) => inner + spans.length, 0),
    0,
  );
}

export const CONNECTION_CLAUSES: readonly Clause<ClientCheck>[] = [C6, C7, C8];
