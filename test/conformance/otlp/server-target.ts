// A server under test as the checks see it: its two ports, its limit, and what stands behind it, where that is ours.

import grpc from '@grpc/grpc-js';
import type { Signal } from '../../../pipeline/signal.ts';
import { decodeStatus } from '../../../proto/status.ts';
import { GrpcTestClient, type GrpcAnswer } from '../../support/grpc-client.ts';
import { httpRequest, type HttpAnswer } from '../../support/http-request.ts';
import { decode } from '../../proto/reference.ts';
import { found, type Check, type Finding } from './clause.ts';
import type { Reply, ScriptedServer } from './scripted-server.ts';

export const PROTOBUF = 'application/x-protobuf';
export const JSON_TYPE = 'application/json';
const UNARY_TIMEOUT_MS = 30_000;

/** What a check needs of the target: a port, or a destination of ours that the target forwards to and waits for. */
export type Need = 'grpc' | 'http' | 'destination';

export interface ServerCheck extends Check {
  readonly needs: readonly Need[];
  readonly ask: (target: ServerTarget) => Promise<Finding>;
}

export interface ServerTargetOptions {
  /** `host:port`. */
  readonly grpc?: string;
  /** The URL under which `/v1/traces` lies, without a slash at its end. */
  readonly http?: string;
  /** The destination the target forwards everything to, without a queue, answering its client as the destination did. */
  readonly destination?: ScriptedServer;
  /** The target's limit of one request, before and after decompression. */
  readonly limitBytes: number;
}

export const GRPC_PATHS: Readonly<Record<Exclude<Signal, 'profiles'>, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};

export class ServerTarget implements Disposable {
  readonly limitBytes: number;
  readonly #http: string | undefined;
  readonly #destination: ScriptedServer | undefined;
  readonly #plain: GrpcTestClient | undefined;
  readonly #gzip: GrpcTestClient | undefined;

  constructor(options: ServerTargetOptions) {
    this.limitBytes = options.limitBytes;
    this.#http = options.http?.replace(/\/+$/, '');
    this.#destination = options.destination;
    if (options.grpc === undefined) return;
    // Only what the server does counts: no retries, and any answer is read.
    const settings = { 'grpc.enable_retries': 0, 'grpc.max_receive_message_length': -1 };
    this.#plain = new GrpcTestClient(options.grpc, settings);
    this.#gzip = new GrpcTestClient(options.grpc, {
      ...settings,
      'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
    });
  }

  /** Why the check can not be asked here, or undefined. */
  lacks(needs: readonly Need[]): string | undefined {
    if (needs.includes('grpc') && !this.#plain) return 'no gRPC address was given';
    if (needs.includes('http') && this.#http === undefined) return 'no HTTP address was given';
    if (needs.includes('destination') && !this.#destination) return 'what stands behind the server is not ours';
    return undefined;
  }

  /** A unary call; `gzip` compresses the message. */
  grpc(body: Uint8Array, options: { gzip?: boolean; path?: string } = {}): Promise<GrpcAnswer> {
    const client = options.gzip === true ? this.#gzip : this.#plain;
    if (!client) throw new Error('no gRPC address was given');
    return client.call({ body, path: options.path ?? GRPC_PATHS.traces, deadlineMs: UNARY_TIMEOUT_MS });
  }

  /** A request to `/v1/traces`, protobuf unless the headers say otherwise. */
  http(body: Uint8Array | string, headers: Record<string, string> = {}, method = 'POST', path = '/v1/traces') {
    return httpRequest(`${this.#http}${path}`, { method, body, headers: { 'content-type': PROTOBUF, ...headers } });
  }

  json(body: object | string, path = '/v1/traces'): Promise<HttpAnswer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.http(text, { 'content-type': JSON_TYPE }, 'POST', path);
  }

  /** Runs `work` while the destination gives this answer. */
  async behind<T>(reply: Reply, work: () => Promise<T>): Promise<T> {
    const destination = this.#destination;
    if (!destination) throw new Error('what stands behind the server is not ours');
    const before = destination.reply;
    destination.reply = () => reply;
    try {
      return await work();
    } finally {
      destination.reply = before;
    }
  }

  /** The requests that reached the destination while `work` ran, decoded. */
  async arrivals(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
    const destination = this.#destination;
    if (!destination) throw new Error('what stands behind the server is not ours');
    const before = destination.attempts.length;
    await work();
    return destination.attempts.slice(before).map(({ body }) => decode('traces', body));
  }

  [Symbol.dispose](): void {
    this.#plain?.[Symbol.dispose]();
    this.#gzip?.[Symbol.dispose]();
  }
}

/** Whether a gRPC answer has the code; the message of another is shown. */
export function grpcCode(answer: GrpcAnswer, code: grpc.status): Finding {
  const isAsked = answer.code === code;
  const text = isAsked || answer.message === '' ? '' : ` (${shorten(answer.message)})`;
  return found(isAsked, `gRPC code ${answer.code}${text}`);
}

export function httpStatus(answer: HttpAnswer, ...statuses: readonly number[]): Finding {
  const text = statuses.includes(answer.status) ? '' : ` (${shorten(answer.body.toString())})`;
  return found(statuses.includes(answer.status), `HTTP ${answer.status}${text}`);
}

/** Whether the body of an error is a google.rpc.Status with a message, in one of the encodings. */
export function statusBody(answer: HttpAnswer, ...types: readonly string[]): Finding {
  const [type = ''] = (answer.headers['content-type'] ?? 'no content type').split(';');
  const saw = `HTTP ${answer.status} with a body of ${type}`;
  if (!types.includes(type)) return found(false, saw);
  const message = type === JSON_TYPE ? jsonMessage(answer.body) : decodeStatus(answer.body)?.message;
  if (typeof message !== 'string' || message === '') return found(false, `${saw} that is no Status with a message`);
  return found(true, saw);
}

function jsonMessage(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && 'message' in value ? value.message : undefined;
  } catch {
    return undefined;
  }
}

/** A request of spans with exactly so many bytes: the name of its span is as long as it has to be. */
export function tracesOfBytes(bytes: number): Buffer {
  // Field 1 (resource_spans) { field 2 (scope_spans) { field 2 (spans) { field 5 (name) } } }; lengths of five bytes are
  // valid, if longer than need be, and make the arithmetic simple.
  const tags = [0x0a, 0x12, 0x12, 0x2a];
  const request = Buffer.alloc(bytes, 'x');
  let at = 0;
  for (const tag of tags) {
    request[at] = tag;
    let length = bytes - at - 6;
    for (let index = 1; index <= 5; index += 1) {
      request[at + index] = (length & 0x7f) | (index < 5 ? 0x80 : 0);
      length >>>= 7;
    }
    at += 6;
  }
  return request;
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
