// The server clauses about what a server answers: S4 and S6–S9.

import grpc from '@grpc/grpc-js';
import type { Signal } from '../../../pipeline/signal.ts';
import { decodePartialSuccess } from '../../../proto/export-response.ts';
import { encodeStatus } from '../../../proto/status.ts';
import { encode, root } from '../../proto/reference.ts';
import { logsRequest, tracesRequest } from '../../support/requests.ts';
import { every, found, type Clause, type Finding } from './clause.ts';
import type { Reply } from './scripted-server.ts';
import {
  GRPC_PATHS,
  grpcCode,
  httpStatus,
  JSON_TYPE,
  PROTOBUF,
  statusBody,
  type ServerCheck,
  type ServerTarget,
} from './server-target.ts';

const { OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE } = grpc.status;
const MAX_RESPONSE_BYTES = 4 << 20;
const MAX_HEADER_BYTES = 8 << 10;
const NO_PROTOBUF = Buffer.from([0xff, 0xff]);
const RETRY_MS = 2_500;

/** A destination that is overloaded and says when to come again. */
const OVERLOADED: Reply = {
  status: UNAVAILABLE,
  headers: {
    'grpc-message': 'busy',
    'grpc-status-details-bin': Buffer.from(
      encodeStatus({ code: UNAVAILABLE, message: 'busy', retryDelayMs: RETRY_MS }),
    ).toString('base64'),
  },
};

const RESPONSE = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse');

/** A destination that rejects some items; the fields have the same numbers for every signal. */
function rejecting(rejectedSpans: number, errorMessage: string): Reply {
  const response = RESPONSE.fromObject({ partialSuccess: { rejectedSpans, errorMessage } });
  return { status: OK, body: RESPONSE.encode(response).finish() };
}

// What escapes to six bytes a character in JSON: more than 4 MiB from a reason that a client still reads.
const LONG_REASON = '\u0001'.repeat(3 << 20);

const SMALL_REQUESTS: Readonly<Record<keyof typeof GRPC_PATHS, { body: () => Uint8Array; json: object; key: string }>> =
  {
    traces: {
      body: () => tracesRequest(5),
      json: { resourceSpans: [{ scopeSpans: [{ spans: [{}, {}, {}, {}, {}] }] }] },
      key: 'rejectedSpans',
    },
    metrics: {
      body: () => encode('metrics', gauge()),
      json: gauge(),
      key: 'rejectedDataPoints',
    },
    logs: {
      body: () => logsRequest(5),
      json: { resourceLogs: [{ scopeLogs: [{ logRecords: [{}, {}, {}, {}, {}] }] }] },
      key: 'rejectedLogRecords',
    },
  };

function gauge(): object {
  const dataPoints = [1, 2, 3, 4, 5].map((asDouble) => ({ timeUnixNano: '1700000000000000000', asDouble }));
  return { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'queue.length', gauge: { dataPoints } }] }] }] };
}

const S4: Clause<ServerCheck> = {
  id: 'S4',
  duty: 'an answer has at most 4 MiB: diagnostics are shortened first',
  checks: [
    {
      level: 'MUST',
      what: 'the answer to six MiB of bad JSON stays small',
      needs: ['http'],
      ask: async (target) => {
        const value = 'x'.repeat(6 << 20);
        const answer = await target.json({
          resourceSpans: [{ scopeSpans: [{ spans: [{ startTimeUnixNano: value }] }] }],
        });
        return every([httpStatus(answer, 400), small(answer.body.length)]);
      },
    },
    {
      level: 'MUST',
      what: 'a long reason for a rejection is shortened',
      needs: ['grpc', 'http', 'destination'],
      ask: (target) =>
        target.behind(rejecting(2, LONG_REASON), async () => {
          const overGrpc = await target.grpc(tracesRequest(5));
          const json = await target.json(SMALL_REQUESTS.traces.json);
          return every([small(overGrpc.body?.length ?? 0), small(json.body.length)]);
        }),
    },
    {
      level: 'MUST',
      what: 'the message of an error fits the headers that peers accept',
      needs: ['grpc'],
      ask: async (target) => {
        const answer = await target.grpc(NO_PROTOBUF);
        const bytes = Buffer.byteLength(answer.message) + (answer.detailBytes?.length ?? 0);
        return found(bytes < MAX_HEADER_BYTES, `${bytes} bytes`);
      },
    },
  ],
};

function small(bytes: number): Finding {
  return found(bytes <= MAX_RESPONSE_BYTES, bytes <= 64 << 10 ? 'under 64 KiB' : `${bytes} bytes`);
}

const S6: Clause<ServerCheck> = {
  id: 'S6',
  duty: 'rejected items: OK with partial_success that counts and explains',
  checks: [
    {
      level: 'MUST',
      what: 'partial_success over gRPC, of every signal',
      needs: ['grpc', 'destination'],
      ask: (target) => eachSignal((signal) => partialOverGrpc(target, signal)),
    },
    {
      level: 'MUST',
      what: 'partial_success over HTTP, protobuf, of every signal',
      needs: ['http', 'destination'],
      ask: (target) => eachSignal((signal) => partialOverHttp(target, signal)),
    },
    {
      level: 'MUST',
      what: 'partial_success over HTTP, JSON, of every signal',
      needs: ['http', 'destination'],
      ask: (target) => eachSignal((signal) => partialInJson(target, signal)),
    },
  ],
};

type Asked = keyof typeof GRPC_PATHS;

async function eachSignal(ask: (signal: Asked) => Promise<Finding>): Promise<Finding> {
  return every([await ask('traces'), await ask('metrics'), await ask('logs')]);
}

function partialOverGrpc(target: ServerTarget, signal: Asked): Promise<Finding> {
  return target.behind(rejecting(2, 'two are bad'), async () => {
    const answer = await target.grpc(SMALL_REQUESTS[signal].body(), { path: GRPC_PATHS[signal] });
    return every([grpcCode(answer, OK), partial(decodePartialSuccess(answer.body ?? new Uint8Array(0)))]);
  });
}

function partialOverHttp(target: ServerTarget, signal: Asked): Promise<Finding> {
  return target.behind(rejecting(2, 'two are bad'), async () => {
    const answer = await target.http(SMALL_REQUESTS[signal].body(), {}, 'POST', `/v1/${signal satisfies Signal}`);
    return every([httpStatus(answer, 200), partial(decodePartialSuccess(answer.body))]);
  });
}

function partialInJson(target: ServerTarget, signal: Asked): Promise<Finding> {
  const { json, key } = SMALL_REQUESTS[signal];
  return target.behind(rejecting(2, 'two are bad'), async () => {
    const answer = await target.json(json, `/v1/${signal}`);
    // Whatever it is, the fields are looked for.
    const { partialSuccess } = JSON.parse(answer.body.toString()) as { partialSuccess?: Record<string, string> };
    const rejected = Number(partialSuccess?.[key] ?? 0);
    const message = partialSuccess?.['errorMessage'] ?? '';
    return every([httpStatus(answer, 200), partial({ rejected, message })]);
  });
}

function partial(seen: { readonly rejected: number; readonly message: string } | undefined): Finding {
  const { rejected = 0, message = '' } = seen ?? {};
  return found(rejected === 2 && message.includes('two are bad'), `${rejected} of 5 rejected, message "${message}"`);
}

const S7: Clause<ServerCheck> = {
  id: 'S7',
  duty: 'gRPC: what may be tried again is UNAVAILABLE with RetryInfo, bad data INVALID_ARGUMENT',
  checks: [
    {
      level: 'SHOULD',
      what: 'UNAVAILABLE where the destination is overloaded',
      needs: ['grpc', 'destination'],
      ask: (target) =>
        target.behind(OVERLOADED, async () => grpcCode(await target.grpc(tracesRequest(1)), UNAVAILABLE)),
    },
    {
      level: 'SHOULD',
      what: 'RetryInfo with the time the destination asked for',
      needs: ['grpc', 'destination'],
      ask: (target) =>
        target.behind(OVERLOADED, async () => {
          const { details } = await target.grpc(tracesRequest(1));
          return found(details?.retryDelayMs === RETRY_MS, `RetryInfo of ${details?.retryDelayMs ?? 'no'} ms`);
        }),
    },
    {
      level: 'SHOULD',
      what: 'INVALID_ARGUMENT for bytes that are no request',
      needs: ['grpc'],
      ask: async (target) => grpcCode(await target.grpc(NO_PROTOBUF), INVALID_ARGUMENT),
    },
  ],
};

const S8: Clause<ServerCheck> = {
  id: 'S8',
  duty: 'HTTP: bad data is 400, overload 429 or 503 with Retry-After',
  checks: [
    {
      level: 'MUST',
      what: '400 for bad protobuf, JSON and gzip',
      needs: ['http'],
      ask: async (target) =>
        every([
          httpStatus(await target.http(NO_PROTOBUF), 400),
          httpStatus(await target.json('{'), 400),
          httpStatus(await target.http('no gzip', { 'content-encoding': 'gzip' }), 400),
        ]),
    },
    {
      level: 'SHOULD',
      what: '429 or 503 where the destination is overloaded',
      needs: ['http', 'destination'],
      ask: (target) => target.behind(OVERLOADED, async () => httpStatus(await target.http(tracesRequest(1)), 429, 503)),
    },
    {
      level: 'MAY',
      what: 'Retry-After with the time the destination asked for',
      needs: ['http', 'destination'],
      ask: (target) =>
        target.behind(OVERLOADED, async () => {
          const { 'retry-after': after } = (await target.http(tracesRequest(1))).headers;
          return found(after === '3', `Retry-After ${after ?? 'unset'}`);
        }),
    },
  ],
};

function errorCheck(what: string, status: number, ask: (target: ServerTarget) => Promise<Finding>): ServerCheck {
  return { level: 'MUST', what: `a Status with ${status} for ${what}`, needs: ['http'], ask };
}

const S9: Clause<ServerCheck> = {
  id: 'S9',
  duty: "every 4xx and 5xx has a google.rpc.Status, in the request's encoding",
  checks: [
    errorCheck('bad protobuf', 400, async (target) => {
      const answer = await target.http(NO_PROTOBUF);
      return every([httpStatus(answer, 400), statusBody(answer, PROTOBUF)]);
    }),
    errorCheck('bad JSON', 400, async (target) => {
      const answer = await target.json('[]');
      return every([httpStatus(answer, 400), statusBody(answer, JSON_TYPE)]);
    }),
    errorCheck('an unknown path', 404, async (target) => {
      const answer = await target.http('', {}, 'POST', '/v1/nothing');
      return every([httpStatus(answer, 404), statusBody(answer, PROTOBUF)]);
    }),
    errorCheck('another method', 405, async (target) => {
      const answers = [await target.http('', {}, 'PUT'), await target.http('{}', { 'content-type': JSON_TYPE }, 'PUT')];
      return every([
        ...answers.map((answer) => httpStatus(answer, 405)),
        statusBody(answers[0] ?? NOTHING, PROTOBUF),
        statusBody(answers[1] ?? NOTHING, JSON_TYPE),
      ]);
    }),
    errorCheck('another content type', 415, async (target) => {
      const answer = await target.http('x', { 'content-type': 'text/plain' });
      // There is no Status in the encoding of this request: either of OTLP's two will do.
      return every([httpStatus(answer, 415), statusBody(answer, PROTOBUF, JSON_TYPE)]);
    }),
    errorCheck('an unknown compression', 400, async (target) => {
      const answer = await target.http('x', { 'content-encoding': 'br' });
      return every([httpStatus(answer, 400, 415), statusBody(answer, PROTOBUF)]);
    }),
    {
      level: 'MUST',
      what: 'a Status where the destination is overloaded',
      needs: ['http', 'destination'],
      ask: (target) =>
        target.behind(OVERLOADED, async () =>
          every([
            statusBody(await target.http(tracesRequest(1)), PROTOBUF),
            statusBody(await target.json(SMALL_REQUESTS.traces.json), JSON_TYPE),
          ]),
        ),
    },
    {
      level: 'MUST',
      what: 'a Status where the destination refuses for good',
      needs: ['http', 'destination'],
      ask: (target) =>
        target.behind({ status: RESOURCE_EXHAUSTED, headers: { 'grpc-message': 'no' } }, async () =>
          every([
            statusBody(await target.http(tracesRequest(1)), PROTOBUF),
            statusBody(await target.json(SMALL_REQUESTS.traces.json), JSON_TYPE),
          ]),
        ),
    },
  ],
};

const NOTHING = { status: 0, headers: {}, body: Buffer.alloc(0) };

export const ANSWER_CLAUSES: readonly Clause<ServerCheck>[] = [S4, S6, S7, S8, S9];
