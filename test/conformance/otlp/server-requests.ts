// The server clauses about what a server has to take: S1–S3, S5, S10 and S11.

import zlib from 'node:zlib';
import grpc from '@grpc/grpc-js';
import { tracesRequest } from '../../support/requests.ts';
import { every, found, type Clause, type Finding } from './clause.ts';
import {
  grpcCode,
  httpStatus,
  JSON_TYPE,
  PROTOBUF,
  statusBody,
  tracesOfBytes,
  type ServerCheck,
  type ServerTarget,
} from './server-target.ts';

const { OK, RESOURCE_EXHAUSTED } = grpc.status;

function spansOf(requests: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  // The shape is that of a decoded ExportTraceServiceRequest.
  const decoded = requests as readonly { resourceSpans?: { scopeSpans?: { spans?: Record<string, unknown>[] }[] }[] }[];
  return decoded.flatMap(({ resourceSpans = [] }) =>
    resourceSpans.flatMap(({ scopeSpans = [] }) => scopeSpans.flatMap(({ spans = [] }) => spans)),
  );
}

/** A JSON request of one span. */
function jsonSpan(span: object): object {
  return { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
}

/** The span that arrives when this JSON is sent, or the answer if that is an error. */
async function arriving(target: ServerTarget, span: object): Promise<Record<string, unknown> | Finding> {
  let answer: Finding = found(false, 'nothing');
  const requests = await target.arrivals(async () => {
    answer = httpStatus(await target.json(jsonSpan(span)), 200);
  });
  if (!answer.held) return answer;
  return spansOf(requests)[0] ?? found(false, 'HTTP 200, and no span arrived');
}

async function arrivesWith(
  target: ServerTarget,
  span: object,
  field: string,
  expected: string | number | undefined,
): Promise<Finding> {
  const seen = await arriving(target, span);
  if ('held' in seen) return found(false, String(seen['saw']));
  const value = seen[field];
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
  return found(
    text === expected || (expected === undefined && text === ''),
    text === undefined || text === '' ? `without ${field}` : `${field} ${JSON.stringify(text)}`,
  );
}

const S1: Clause<ServerCheck> = {
  id: 'S1',
  duty: 'accepts `none` and `gzip`',
  checks: [
    {
      level: 'MUST',
      what: 'both compressions over gRPC',
      needs: ['grpc'],
      ask: async (target) =>
        every([
          grpcCode(await target.grpc(tracesRequest(2)), OK),
          grpcCode(await target.grpc(tracesRequest(2), { gzip: true }), OK),
        ]),
    },
    {
      level: 'MUST',
      what: 'both compressions over HTTP',
      needs: ['http'],
      ask: async (target) =>
        every([
          httpStatus(await target.http(tracesRequest(2)), 200),
          httpStatus(await target.http(zlib.gzipSync(tracesRequest(2)), { 'content-encoding': 'gzip' }), 200),
        ]),
    },
    {
      level: 'MUST',
      what: 'the same data from each',
      needs: ['grpc', 'http', 'destination'],
      ask: async (target) => {
        const requests = await target.arrivals(async () => {
          await target.grpc(tracesRequest(2));
          await target.grpc(tracesRequest(3), { gzip: true });
          await target.http(tracesRequest(4));
          await target.http(zlib.gzipSync(tracesRequest(5)), { 'content-encoding': 'gzip' });
        });
        const count = spansOf(requests).length;
        return found(count === 14, `${count} of 14 spans`);
      },
    },
  ],
};

const S2: Clause<ServerCheck> = {
  id: 'S2',
  duty: 'gRPC caps the request, also once decompressed (64 MiB), with RESOURCE_EXHAUSTED that is not to be tried again',
  checks: [
    {
      level: 'SHOULD',
      what: 'a request just below the limit is taken',
      needs: ['grpc'],
      ask: async (target) => grpcCode(await target.grpc(tracesOfBytes(target.limitBytes - (16 << 10))), OK),
    },
    {
      level: 'MUST',
      what: 'a larger one is refused',
      needs: ['grpc'],
      ask: async (target) => tooLargeOverGrpc(target, false),
    },
    {
      level: 'MUST',
      what: 'one that is larger once decompressed is refused',
      needs: ['grpc'],
      ask: async (target) => tooLargeOverGrpc(target, true),
    },
  ],
};

async function tooLargeOverGrpc(target: ServerTarget, gzip: boolean): Promise<Finding> {
  const answer = await target.grpc(Buffer.alloc(target.limitBytes + 1), { gzip });
  const code = grpcCode(answer, RESOURCE_EXHAUSTED);
  const delay = answer.details?.retryDelayMs;
  return delay === undefined ? code : found(false, `${code.saw} with RetryInfo of ${delay} ms`);
}

const S3: Clause<ServerCheck> = {
  id: 'S3',
  duty: 'HTTP caps the same with 413',
  checks: [
    {
      level: 'SHOULD',
      what: 'a request just below the limit is taken',
      needs: ['http'],
      ask: async (target) => httpStatus(await target.http(tracesOfBytes(target.limitBytes - (16 << 10))), 200),
    },
    {
      level: 'MUST',
      what: 'a larger one gets 413 with a Status',
      needs: ['http'],
      ask: async (target) => {
        const answer = await target.http(Buffer.alloc(target.limitBytes + 1));
        return every([httpStatus(answer, 413), statusBody(answer, PROTOBUF)]);
      },
    },
    {
      level: 'MUST',
      what: 'one that is larger once decompressed gets 413 with a Status',
      needs: ['http'],
      ask: async (target) => {
        const body = zlib.gzipSync(Buffer.alloc(target.limitBytes + 1), { level: 1 });
        const answer = await target.http(body, { 'content-encoding': 'gzip' });
        return every([httpStatus(answer, 413), statusBody(answer, PROTOBUF)]);
      },
    },
  ],
};

const S5: Clause<ServerCheck> = {
  id: 'S5',
  duty: 'an empty request succeeds; full success leaves partial_success unset',
  checks: [
    {
      level: 'SHOULD',
      what: 'an empty request succeeds',
      needs: ['grpc', 'http'],
      ask: async (target) =>
        every([
          grpcCode(await target.grpc(new Uint8Array(0)), OK),
          httpStatus(await target.http(''), 200),
          httpStatus(await target.json('{}'), 200),
        ]),
    },
    {
      level: 'MUST',
      what: 'partial_success unset over gRPC',
      needs: ['grpc'],
      ask: async (target) => {
        const { body } = await target.grpc(tracesRequest(1));
        return found(body?.length === 0, `a message of ${body?.length} bytes`);
      },
    },
    {
      level: 'MUST',
      what: 'partial_success unset over HTTP, protobuf',
      needs: ['http'],
      ask: async (target) => {
        const { body } = await target.http(tracesRequest(1));
        return found(body.length === 0, `a body of ${body.length} bytes`);
      },
    },
    {
      level: 'MUST',
      what: 'partial_success unset over HTTP, JSON',
      needs: ['http'],
      ask: async (target) => {
        const answer = await target.json(jsonSpan({ name: 'x' }));
        const body = answer.body.toString();
        return found(!body.includes('artial'), `\`${body}\``);
      },
    },
  ],
};

const S10: Clause<ServerCheck> = {
  id: 'S10',
  duty: 'protobuf and JSON share a port by Content-Type; POST; HTTP/1.1 or HTTP/2',
  checks: [
    {
      level: 'SHOULD',
      what: 'protobuf and JSON on one port, answered in kind',
      needs: ['http'],
      ask: async (target) => {
        const protobuf = await target.http(tracesRequest(1));
        const json = await target.json(jsonSpan({ name: 'x' }));
        return every([
          httpStatus(protobuf, 200),
          httpStatus(json, 200),
          found(protobuf.headers['content-type'] === PROTOBUF, `${protobuf.headers['content-type']} for protobuf`),
          found(
            json.headers['content-type']?.startsWith(JSON_TYPE) === true,
            `${json.headers['content-type']} for JSON`,
          ),
        ]);
      },
    },
    {
      level: 'SHOULD',
      what: 'content types with parameters',
      needs: ['http'],
      ask: async (target) =>
        every([
          httpStatus(await target.http(tracesRequest(1), { 'content-type': `${PROTOBUF}; charset=binary` }), 200),
          httpStatus(
            await target.http(JSON.stringify(jsonSpan({ name: 'x' })), {
              'content-type': `${JSON_TYPE}; charset=utf-8`,
            }),
            200,
          ),
        ]),
    },
    {
      level: 'MUST',
      what: 'other methods than POST are refused',
      needs: ['http'],
      ask: async (target) => httpStatus(await target.http('', {}, 'PUT'), 405),
    },
  ],
};

const S11: Clause<ServerCheck> = {
  id: 'S11',
  duty: 'JSON: ids in hex of either case, unknown fields ignored, lowerCamelCase only, 64-bit integers as text or number',
  checks: [
    {
      level: 'MUST',
      what: 'ids in either case',
      needs: ['http', 'destination'],
      ask: async (target) => {
        const id = 'abcdef00000000000000000000000001';
        return every([
          await arrivesWith(target, { traceId: id }, 'traceId', id),
          await arrivesWith(target, { traceId: id.toUpperCase() }, 'traceId', id),
        ]);
      },
    },
    {
      level: 'MUST',
      what: 'unknown fields ignored',
      needs: ['http', 'destination'],
      ask: (target) => arrivesWith(target, { unknown: { a: [1, null] }, name: 'x' }, 'name', 'x'),
    },
    {
      level: 'MUST',
      what: '64-bit integers as text and as number',
      needs: ['http', 'destination'],
      ask: async (target) =>
        every([
          await arrivesWith(
            target,
            { startTimeUnixNano: '1700000000000000001' },
            'startTimeUnixNano',
            '1700000000000000001',
          ),
          await arrivesWith(target, { startTimeUnixNano: 17 }, 'startTimeUnixNano', '17'),
        ]),
    },
    {
      level: 'MUST',
      what: 'enums as integers',
      needs: ['http', 'destination'],
      ask: (target) => arrivesWith(target, { kind: 3 }, 'kind', 3),
    },
    {
      level: 'MUST',
      what: 'names of the .proto files are no keys, so ignored',
      needs: ['http', 'destination'],
      ask: (target) =>
        arrivesWith(
          target,
          { name: 'x', trace_id: 'abcdef00000000000000000000000001', start_time_unix_nano: '7' },
          'startTimeUnixNano',
          undefined,
        ),
    },
    {
      level: 'MAY',
      what: 'names of enum values are refused',
      needs: ['http'],
      ask: async (target) => httpStatus(await target.json(jsonSpan({ kind: 'SPAN_KIND_SERVER' })), 400),
    },
    {
      level: 'MUST',
      what: 'all of it is taken',
      needs: ['http'],
      ask: async (target) =>
        httpStatus(
          await target.json(
            jsonSpan({ traceId: 'ABCDEF00000000000000000000000001', kind: 2, startTimeUnixNano: 7, x: 1 }),
          ),
          200,
        ),
    },
  ],
};

export const REQUEST_CLAUSES: readonly Clause<ServerCheck>[] = [S1, S2, S3, S5, S10, S11];
