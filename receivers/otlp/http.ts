// OTLP over HTTP: protobuf and JSON by content type, on configurable paths. Every error has a google.rpc.Status as its
// body, in the encoding of the request (OTLP specification, "OTLP/HTTP response").

import type { IncomingHttpHeaders } from 'node:http';
import type { Admission } from '../../pipeline/admission.ts';
import type { ComponentContext, Outputs } from '../../pipeline/component.ts';
import { decompress, encodingOf } from '../../pipeline/transport/compression.ts';
import { GRPC_STATUS } from '../../pipeline/transport/grpc-status.ts';
import { HttpFailure } from '../../pipeline/transport/http-failure.ts';
import { HttpListener, type ListenerService } from '../../pipeline/transport/http-listener.ts';
import type { HttpRequest, HttpResponse } from '../../pipeline/transport/http-server.ts';
import { RequestCharge } from '../../pipeline/transport/request-charge.ts';
import { encodePartialSuccess } from '../../proto/export-response.ts';
import { JsonError, jsonToProto } from '../../proto/json/decode.ts';
import { partialSuccessToJson, statusToJson } from '../../proto/json/status.ts';
import { encodeStatus } from '../../proto/status.ts';
import type { OtlpHttpConfig } from './config.ts';
import { intakesFor, PartlyRejected, type Intake } from './intake.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
type ContentType = typeof PROTOBUF | typeof JSON_TYPE;

const OK_PROTOBUF: HttpResponse = { status: 200, headers: { 'content-type': PROTOBUF }, body: new Uint8Array(0) };
const OK_JSON: HttpResponse = { status: 200, headers: { 'content-type': JSON_TYPE }, body: '{}' };

/** The code that goes with a status in the body of an answer; every other one goes with INTERNAL. */
const CODES: ReadonlyMap<number, number> = new Map([
  [400, GRPC_STATUS.INVALID_ARGUMENT],
  [401, GRPC_STATUS.UNAUTHENTICATED],
  [404, GRPC_STATUS.UNIMPLEMENTED],
  [405, GRPC_STATUS.UNIMPLEMENTED],
  [408, GRPC_STATUS.DEADLINE_EXCEEDED],
  [413, GRPC_STATUS.RESOURCE_EXHAUSTED],
  [415, GRPC_STATUS.INVALID_ARGUMENT],
  [429, GRPC_STATUS.RESOURCE_EXHAUSTED],
  [503, GRPC_STATUS.UNAVAILABLE],
]);

export class OtlpHttpListener implements ListenerService {
  readonly #maxBodyBytes: number;
  readonly #admission: Admission;
  readonly #intakes: ReadonlyMap<string, Intake>;
  readonly #listener: HttpListener;

  constructor(config: OtlpHttpConfig, context: ComponentContext, outputs: Outputs) {
    this.#maxBodyBytes = config.max_request_body_size;
    this.#admission = context.admission;
    const paths = {
      traces: config.traces_url_path,
      metrics: config.metrics_url_path,
      logs: config.logs_url_path,
      profiles: config.profiles_url_path,
    };
    this.#intakes = new Map(
      [...intakesFor(context, outputs, 'http')].map(([signal, intake]) => [paths[signal], intake]),
    );
    this.#listener = new HttpListener(config, context, {
      service: this,
      protocol: 'OTLP',
      paths: this.#intakes.keys(),
      sentence: 'Receiving OTLP over HTTP',
    });
  }

  start(): Promise<void> {
    return this.#listener.start();
  }

  stop(deadline: AbortSignal): Promise<void> {
    return this.#listener.stop(deadline);
  }

  refresh(): Promise<void> {
    return this.#listener.refresh();
  }

  refuseContent(headers: IncomingHttpHeaders): HttpFailure | undefined {
    if (contentTypeOf(headers) === undefined) {
      const seen = headers['content-type'] ?? '';
      return new HttpFailure(415, `content-type "${seen}" is not supported; use ${PROTOBUF} or ${JSON_TYPE}`);
    }
    const { encodings } = this.#listener;
    const encoding = encodingOf(headers['content-encoding']);
    if (encoding !== undefined && encodings.has(encoding)) return undefined;
    const seen = headers['content-encoding'];
    return new HttpFailure(400, `content-encoding "${seen}" is not supported; use one of ${[...encodings].join(', ')}`);
  }

  async take(request: HttpRequest): Promise<HttpResponse> {
    const { headers, body } = request;
    const intake = this.#intakes.get(request.path);
    if (!intake) throw new HttpFailure(404, `nothing is served at ${request.path}`);
    const isJson = contentTypeOf(headers) === JSON_TYPE;
    const encoding = encodingOf(headers['content-encoding']) ?? 'identity';
    const charge = new RequestCharge(this.#admission, request);
    try {
      const plain =
        encoding === 'identity' ? body : await decompress(encoding, body, this.#maxBodyBytes, charge.growing);
      const bytes = isJson ? jsonToProto(intake.signal, plain) : plain;
      charge.hold(bytes === body ? 0 : bytes.length);
      const wire = !isJson && (encoding === 'gzip' || encoding === 'zstd') ? { encoding, body } : undefined;
      await intake.take(bytes, this.#listener.clientOf(request), wire);
      return isJson ? OK_JSON : OK_PROTOBUF;
    } catch (error) {
      if (error instanceof PartlyRejected) return partialSuccess(error, intake, isJson);
      throw error;
    } finally {
      charge.release();
    }
  }

  isInvalid(error: unknown): boolean {
    return error instanceof JsonError;
  }

  answer(failure: HttpFailure, headers: IncomingHttpHeaders): HttpResponse {
    const type = contentTypeOf(headers) ?? JSON_TYPE;
    const { status: code, message, retryAfterMs } = failure;
    const status = {
      code: CODES.get(code) ?? GRPC_STATUS.INTERNAL,
      message: code === 413 ? `${message}; raise max_request_body_size or send smaller batches` : message,
      ...(retryAfterMs === undefined ? {} : { retryDelayMs: retryAfterMs }),
    };
    const body = type === JSON_TYPE ? statusToJson(status) : encodeStatus(status);
    return { status: code, headers: { 'content-type': type }, body };
  }
}

function partialSuccess({ count, message }: PartlyRejected, { signal }: Intake, isJson: boolean): HttpResponse {
  const body = isJson ? partialSuccessToJson(signal, count, message) : encodePartialSuccess(count, message);
  return { status: 200, headers: { 'content-type': isJson ? JSON_TYPE : PROTOBUF }, body };
}

function contentTypeOf(headers: IncomingHttpHeaders): ContentType | undefined {
  const header = headers['content-type'];
  if (header === PROTOBUF || header === JSON_TYPE) return header;
  const [media] = (header ?? '').split(';');
  const type = media?.trim().toLowerCase();
  return type === PROTOBUF || type === JSON_TYPE ? type : undefined;
}
