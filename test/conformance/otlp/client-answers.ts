// The client clauses about sizes and answers: C1–C5.

import { encodeStatus } from '../../../proto/status.ts';
import { encodePartialSuccess } from '../../../proto/export-response.ts';
import { tracesRequest } from '../../support/requests.ts';
import { every, found, type Clause, type Finding } from './clause.ts';
import { ITEMS, type ClientBench, type ClientCheck, type Stand } from './client-bench.ts';
import { always, type Reply, type ScriptedServer } from './scripted-server.ts';
import { tracesOfBytes } from './server-target.ts';

const REQUEST_LIMIT_BYTES = 64 << 20;
const RESPONSE_LIMIT_BYTES = 4 << 20;
/** What a client may have read of an endless answer: the limit, and what lies in the buffers of both sides. */
const TAKEN_MAX_BYTES = 32 << 20;
const GRPC_RETRYABLE: readonly number[] = [1, 4, 10, 11, 14, 15];
const GRPC_FINAL: readonly number[] = [2, 3, 5, 6, 7, 8, 9, 12, 13, 16];
const HTTP_RETRYABLE: readonly number[] = [429, 502, 503, 504];
const HTTP_FINAL: readonly number[] = [400, 401, 403, 404, 405, 408, 413, 415, 500, 501, 505];
const RETRY_INFO_MS = 600;
const RESOURCE_EXHAUSTED = 8;
/** Many times the first intervals between attempts: what is not tried again by then is not. */
const SETTLED_MS = 700;

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
}

/** Exactly one attempt, once there was time for more. */
async function once(server: ScriptedServer): Promise<Finding> {
  await server.until(() => server.attempts.length > 0);
  await settled();
  return found(server.attempts.length === 1, `${server.attempts.length} attempts`);
}

async function again(server: ScriptedServer): Promise<Finding> {
  await server.until(() => server.attempts.length > 1);
  return found(server.attempts.length > 1, server.attempts.length > 1 ? 'tried again' : 'not tried again');
}

function namedFinding(name: string, finding: Finding): Finding {
  return finding.held ? finding : found(false, `${name}: ${finding.saw}`);
}

/** A stand for each status, and a look at all of them. */
function statuses(
  protocol: Stand['protocol'],
  codes: readonly number[],
  judge: (server: ScriptedServer) => Promise<Finding>,
): Pick<ClientCheck, 'stands' | 'look'> {
  return {
    stands: Object.fromEntries(codes.map((status) => [`s${status}`, { protocol, reply: always({ status }) }])),
    look: async (bench) =>
      every(
        await Promise.all(codes.map(async (code) => namedFinding(String(code), await judge(bench.server(`s${code}`))))),
      ),
  };
}

/** The least time between the first two attempts. */
async function waited(server: ScriptedServer, leastMs: number): Promise<Finding> {
  await server.until(() => server.attempts.length > 1, 10_000);
  const [first, second] = server.attempts;
  if (!first || !second) return found(false, 'not tried again');
  const gapMs = second.atMs - first.atMs;
  return found(gapMs >= leastMs, gapMs >= leastMs ? 'waited as told' : `tried again after ${Math.round(gapMs)} ms`);
}

const IN_ORDER = { compression: 'gzip', sending_queue: { enabled: true, num_consumers: 1 } };

const C1: Clause<ClientCheck> = {
  id: 'C1',
  duty: 'a request above 64 MiB, before compression, is not sent, and that is recorded',
  checks: [
    {
      level: 'SHOULD',
      what: 'it is not sent',
      sendsItself: true,
      stands: {
        grpc: { protocol: 'grpc', settings: IN_ORDER },
        http: { protocol: 'http', settings: IN_ORDER },
      },
      look: async (bench) => {
        await bench.send(tracesOfBytes(REQUEST_LIMIT_BYTES + 1));
        // What is sent afterwards arrives afterwards, so that nothing can still be on its way.
        await bench.send(tracesRequest(1));
        const servers = [bench.server('grpc'), bench.server('http')];
        await Promise.all(servers.map((server) => server.until(() => server.attempts.length > 0)));
        await settled();
        const sent = servers.flatMap(({ attempts }) => attempts).filter(({ body }) => body.length > 16 << 10);
        return found(
          sent.length === 0,
          sent.length === 0 ? 'not sent' : `sent, ${sent[0]?.body.length} bytes compressed`,
        );
      },
    },
    {
      level: 'SHOULD',
      what: 'it is counted as failed',
      sendsItself: true,
      stands: { grpc: { protocol: 'grpc' } },
      look: async (bench) => {
        await bench.send(tracesOfBytes(REQUEST_LIMIT_BYTES + 1));
        await settled();
        const failed = await bench.failedSpans('grpc');
        return found(failed === 1, `${failed} of 1 counted`);
      },
    },
  ],
};

const C2: Clause<ClientCheck> = {
  id: 'C2',
  duty: 'an answer above 4 MiB is not read, and not tried again',
  checks: [
    {
      level: 'MUST',
      what: 'not tried again',
      stands: {
        grpc: { protocol: 'grpc', reply: always({ status: 0, body: Buffer.alloc(RESPONSE_LIMIT_BYTES + 10) }) },
        http: { protocol: 'http', reply: always({ status: 200, body: Buffer.alloc(RESPONSE_LIMIT_BYTES + 10) }) },
      },
      look: async (bench) => every(await Promise.all([once(bench.server('grpc')), once(bench.server('http'))])),
    },
    {
      level: 'MUST',
      what: 'an endless answer is cut',
      stands: {
        grpc: { protocol: 'grpc', reply: always('endless') },
        http: { protocol: 'http', reply: always('endless') },
      },
      look: async (bench) => every(await Promise.all([cut(bench.server('grpc')), cut(bench.server('http'))])),
    },
  ],
};

async function cut(server: ScriptedServer): Promise<Finding> {
  await server.until(() => server.attempts.some(({ abandoned }) => abandoned));
  await settled();
  const { attempts, taken } = server;
  const readMib = Math.round(taken / (1 << 20));
  return every([
    found(
      attempts.some(({ abandoned }) => abandoned),
      'the answer is cut',
    ),
    found(taken < TAKEN_MAX_BYTES, taken < TAKEN_MAX_BYTES ? 'read no further than buffers' : `took ${readMib} MiB`),
    found(attempts.length === 1, `${attempts.length} attempts`),
  ]);
}

const PARTIAL = encodePartialSuccess(3, 'three are bad');

const C3: Clause<ClientCheck> = {
  id: 'C3',
  duty: 'a partial success is not tried again; what is lost is counted',
  checks: [
    {
      level: 'MUST',
      what: 'a partial success is not tried again',
      stands: {
        grpc: { protocol: 'grpc', reply: always({ status: 0, body: PARTIAL }) },
        http: { protocol: 'http', reply: always({ status: 200, body: PARTIAL }) },
      },
      look: async (bench) => every(await Promise.all([once(bench.server('grpc')), once(bench.server('http'))])),
    },
    {
      level: 'SHOULD',
      what: 'what a final error costs is counted',
      stands: {
        grpc: { protocol: 'grpc', reply: always({ status: 3 }) },
        http: { protocol: 'http', reply: always({ status: 400 }) },
      },
      look: async (bench) => every(await Promise.all([counted(bench, 'grpc', ITEMS), counted(bench, 'http', ITEMS)])),
    },
    {
      level: 'SHOULD',
      what: 'what a partial success rejects is counted',
      stands: {
        grpc: { protocol: 'grpc', reply: always({ status: 0, body: PARTIAL }) },
        http: { protocol: 'http', reply: always({ status: 200, body: PARTIAL }) },
      },
      look: async (bench) => every(await Promise.all([counted(bench, 'grpc', 3), counted(bench, 'http', 3)])),
    },
  ],
};

async function counted(bench: ClientBench, name: string, items: number): Promise<Finding> {
  const server = bench.server(name);
  await server.until(() => server.attempts.length > 0);
  await settled();
  const failed = await bench.failedSpans(name);
  return found(failed === items, `${failed} of ${items} counted`);
}

const RETRY_INFO: Reply = {
  status: RESOURCE_EXHAUSTED,
  headers: {
    'grpc-status-details-bin': Buffer.from(
      encodeStatus({ code: RESOURCE_EXHAUSTED, message: 'slow down', retryDelayMs: RETRY_INFO_MS }),
    ).toString('base64'),
  },
};

const C4: Clause<ClientCheck> = {
  id: 'C4',
  duty: 'gRPC: exactly the codes of the specification are tried again, RESOURCE_EXHAUSTED only with RetryInfo',
  checks: [
    {
      level: 'MUST',
      what: `codes ${GRPC_RETRYABLE.join(', ')} are tried again`,
      ...statuses('grpc', GRPC_RETRYABLE, again),
    },
    { level: 'MUST', what: `codes ${GRPC_FINAL.join(', ')} are not`, ...statuses('grpc', GRPC_FINAL, once) },
    {
      level: 'MUST',
      what: 'RESOURCE_EXHAUSTED with RetryInfo is, after that time',
      stands: { grpc: { protocol: 'grpc', reply: (attempt) => (attempt === 1 ? RETRY_INFO : { status: 0 }) } },
      look: (bench) => waited(bench.server('grpc'), RETRY_INFO_MS),
    },
  ],
};

function retryAfter(value: () => string): (attempt: number) => Reply {
  return (attempt) => (attempt === 1 ? { status: 503, headers: { 'retry-after': value() } } : { status: 200 });
}

const C5: Clause<ClientCheck> = {
  id: 'C5',
  duty: 'HTTP: exactly 429, 502, 503 and 504 are tried again, after Retry-After, else with growing intervals',
  checks: [
    { level: 'MUST', what: `${HTTP_RETRYABLE.join(', ')} are tried again`, ...statuses('http', HTTP_RETRYABLE, again) },
    { level: 'MUST', what: `${HTTP_FINAL.join(', ')} are not`, ...statuses('http', HTTP_FINAL, once) },
    {
      level: 'SHOULD',
      what: 'Retry-After in seconds is waited for',
      stands: { http: { protocol: 'http', reply: retryAfter(() => '1') } },
      look: (bench) => waited(bench.server('http'), 1_000),
    },
    {
      level: 'SHOULD',
      what: 'Retry-After as a date is waited for',
      // The date has whole seconds: two from now are at least one.
      stands: { http: { protocol: 'http', reply: retryAfter(() => new Date(Date.now() + 2_000).toUTCString()) } },
      look: (bench) => waited(bench.server('http'), 950),
    },
    {
      level: 'SHOULD',
      what: 'without it the intervals grow',
      stands: { http: { protocol: 'http', reply: always({ status: 503 }) } },
      look: async (bench) => {
        const server = bench.server('http');
        await server.until(() => server.attempts.length > 3);
        const gaps = server.attempts.slice(1, 4).map(({ atMs }, index) => atMs - (server.attempts[index]?.atMs ?? 0));
        // 40, 80 and 160 ms are asked for; a timer is never early, and a slow machine only adds to them.
        const isGrowing = gaps.length === 3 && [38, 76, 152].every((least, index) => (gaps[index] ?? 0) >= least);
        return found(isGrowing, isGrowing ? 'they grow' : `intervals of ${gaps.map(Math.round).join(', ')} ms`);
      },
    },
  ],
};

export const ANSWER_CLAUSES: readonly Clause<ClientCheck>[] = [C1, C2, C3, C4, C5];
