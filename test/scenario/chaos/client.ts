// A client as a process: sends numbered spans over gRPC and HTTP and remembers what was answered. Nothing is sent twice, so
// that whatever arrives twice was doubled on the way.

import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { SeededRandom } from '../../support/seeded-random.ts';
import { GrpcTestClient } from '../../support/grpc-client.ts';
import { tracesRequest } from '../../support/requests.ts';
import { decodePartialSuccess } from '../../../proto/export-response.ts';
import { answerParent, nowMs } from './processes.ts';

/**
 * `partial`: some of the items were rejected, nobody says which; `rejected`: must not come again; `refused`: come again;
 * `unanswered`: nobody knows.
 */
export type Outcome = 'acknowledged' | 'partial' | 'rejected' | 'refused' | 'unanswered';

export interface Sent {
  /** The number of the first span; they count up. */
  readonly first: number;
  readonly count: number;
  readonly outcome: Outcome;
  readonly sentMs: number;
  readonly answeredMs: number;
  readonly detail?: string;
}

export interface ClientSetup {
  readonly seed: number;
  readonly firstNumber: number;
  readonly grpc: number;
  readonly http: number;
  readonly senders: number;
  readonly mostSpansPerRequest: number;
  readonly padding: number;
}

/** `run`: send until `pause`; `probe`: one request on either protocol; `stop`: tell everything. */
export interface ClientQuestion {
  readonly ask: 'run' | 'pause' | 'probe' | 'stop';
}

const DEADLINE_MS = 2_500;
const MOST_PAUSE_MS = 25;
/** Who was not served waits before the next request. */
const UNHEARD_PAUSE_MS = 50;
/** gRPC codes that say come again: https://opentelemetry.io/docs/specs/otlp/#failures. */
const RETRYABLE_CODES = new Set<number>([1, 4, 8, 10, 11, 14, 15]);
const RETRYABLE_STATUSES = new Set([429, 502, 503, 504]);

// Written by the parent.
const setup = JSON.parse(process.argv[2] ?? '{}') as ClientSetup;
const random = new SeededRandom(setup.seed);
const grpc = new GrpcTestClient(setup.grpc, {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 300,
});
const service = `chaos${'.'.repeat(setup.padding)}`;
const sent: Sent[] = [];
let next = setup.firstNumber;
const load = { isRunning: false };
let senders: Promise<void>[] = [];

interface Answer {
  readonly outcome: Outcome;
  readonly detail?: string;
}

async function sendGrpc(body: Uint8Array): Promise<Answer> {
  const { code, message, body: answer } = await grpc.call({ body, deadlineMs: DEADLINE_MS });
  if (code === status.OK) return taken(answer);
  const detail = `${code} ${message}`;
  // What grpc-js says of itself: the call may have reached the agent all the same.
  if (
    code === status.DEADLINE_EXCEEDED ||
    /ECONN|connection|Connection|RST_STREAM|dropped|No connection/.test(message)
  ) {
    return { outcome: 'unanswered', detail };
  }
  return { outcome: RETRYABLE_CODES.has(code) ? 'refused' : 'rejected', detail };
}

async function sendHttp(body: Uint8Array): Promise<Answer> {
  try {
    const response = await fetch(`http://127.0.0.1:${setup.http}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const answer = Buffer.from(await response.arrayBuffer());
    if (response.status === 200) return taken(answer);
    const detail = `${response.status} ${answer.toString('latin1').slice(0, 200)}`;
    return { outcome: RETRYABLE_STATUSES.has(response.status) ? 'refused' : 'rejected', detail };
  } catch (error) {
    return { outcome: 'unanswered', detail: String(error) };
  }
}

function taken(answer: Uint8Array | undefined): Answer {
  const rejected = answer ? (decodePartialSuccess(answer)?.rejected ?? 0) : 0;
  return rejected > 0 ? { outcome: 'partial' } : { outcome: 'acknowledged' };
}

async function sendOne(isGrpc: boolean): Promise<Outcome> {
  const count = random.between(1, setup.mostSpansPerRequest);
  const first = next;
  next += count;
  const body = tracesRequest(count, { service, firstTrace: first });
  const sentMs = nowMs();
  const answer = await (isGrpc ? sendGrpc(body) : sendHttp(body));
  sent.push({ first, count, ...answer, sentMs, answeredMs: nowMs() });
  return answer.outcome;
}

async function sendOn(isGrpc: boolean): Promise<void> {
  while (load.isRunning) {
    const outcome = await sendOne(isGrpc);
    await sleep(outcome === 'acknowledged' ? random.between(0, MOST_PAUSE_MS) : UNHEARD_PAUSE_MS);
  }
}

answerParent(async (question) => {
  // Written by the parent.
  const { ask } = question as ClientQuestion;
  if (ask === 'run') {
    load.isRunning = true;
    senders = Array.from({ length: setup.senders }, (_, index) => sendOn(index % 2 === 0));
    return {};
  }
  if (ask === 'probe') return [await sendOne(true), await sendOne(false)];
  if (ask === 'stop') return sent;
  load.isRunning = false;
  await Promise.all(senders);
  return {};
});
