// Remote write over HTTP: head, body, conversion, pipeline, answer.

import type { IncomingHttpHeaders } from 'node:http';
import type { ComponentContext, Outputs, Receiver } from '../../pipeline/component.ts';
import { asDeliveryError, Rejected, type Consumer } from '../../pipeline/delivery.ts';
import type { ReceiverCounters } from '../../pipeline/telemetry.ts';
import { BodyTooLarge, NoMemoryForBody } from '../../pipeline/transport/body-errors.ts';
import { decompress } from '../../pipeline/transport/compression.ts';
import type { GrowingCharge } from '../../pipeline/transport/growing-charge.ts';
import { HttpFailure } from '../../pipeline/transport/http-failure.ts';
import { HttpListener, type ListenerService } from '../../pipeline/transport/http-listener.ts';
import type { HttpRequest, HttpResponse } from '../../pipeline/transport/http-server.ts';
import { RequestCharge } from '../../pipeline/transport/request-charge.ts';
import { VERSION } from '../../pipeline/version.ts';
import { V2_MESSAGE } from '../../proto/prometheus/remote-write/fields.ts';
import { MalformedProto } from '../../proto/wire.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import { invalid, NOTHING_WRITTEN, nothingWritten, success, type Written } from './answers.ts';
import type { RemoteWriteReceiverConfig } from './config.ts';
import { contentOf } from './content.ts';
import { Conversion, type Converted } from './conversion.ts';

const PATH = '/api/v1/write';
/** The collector's receiver, whose points these are alike. */
const SCOPE = 'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusremotewritereceiver';
/** Texts that come once in 2.0 stand at every point of OTLP; more than so many times the largest body is not made of one. */
const MAX_GROWTH = 8;
/** What is converted is charged in steps of this. */
const CHARGED_BYTES = 256 << 10;

export class RemoteWriteReceiver implements Receiver, ListenerService {
  readonly #maxBodyBytes: number;
  readonly #context: ComponentContext;
  readonly #next: Consumer | undefined;
  readonly #counters: ReceiverCounters;
  readonly #conversion = new Conversion(scopeOf(SCOPE, VERSION));
  readonly #listener: HttpListener;

  constructor(config: RemoteWriteReceiverConfig, context: ComponentContext, outputs: Outputs) {
    this.#maxBodyBytes = config.max_request_body_size;
    this.#context = context;
    this.#next = outputs.metrics;
    this.#counters = context.metrics.receiver('metrics', 'http');
    this.#listener = new HttpListener(config, context, {
      service: this,
      protocol: 'remote write',
      paths: [PATH],
      sentence: 'Receiving remote writes over HTTP',
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
    const content = contentOf(headers, this.#listener.encodings);
    return typeof content === 'string' ? new HttpFailure(415, content) : undefined;
  }

  async take(request: HttpRequest): Promise<HttpResponse> {
    const { headers, body } = request;
    const content = contentOf(headers, this.#listener.encodings);
    if (typeof content === 'string') throw new HttpFailure(415, content);
    const limit = this.#maxBodyBytes;
    const charge = new RequestCharge(this.#context.admission, request);
    const { growing } = charge;
    try {
      const plain = await decompress(content.encoding, body, limit, growing);
      const converted = this.#conversion.convert(plain, content.message === V2_MESSAGE, growthOf(growing, limit));
      charge.hold(converted.bytes.length);
      return await this.#deliver(converted, request);
    } finally {
      charge.release();
    }
  }

  /** A sender tries again after a 500, and what was rejected stays so. */
  isInvalid(error: unknown): boolean {
    return error instanceof MalformedProto || error instanceof Rejected;
  }

  answer(failure: HttpFailure): HttpResponse {
    return nothingWritten(failure);
  }

  async #deliver(converted: Converted, request: HttpRequest): Promise<HttpResponse> {
    const { problem, rejected, exemplarsLost, points, bytes } = converted;
    if (exemplarsLost > 0) {
      this.#context.log.debug({ exemplars: exemplarsLost }, 'Exemplars came without a point of their series');
    }
    if (points === 0) {
      this.#rejected(rejected, problem);
      return answerOf(converted, problem);
    }
    const context = this.#listener.clientOf(request);
    try {
      await this.#next?.consume({ signal: 'metrics', chunks: [bytes], items: points, bytes: bytes.length, context });
    } catch (error) {
      const failed = asDeliveryError(error, points);
      if (!(failed instanceof Rejected)) {
        this.#counters.refused.add(points);
        throw failed;
      }
      this.#counters.failed.add(failed.count);
      this.#counters.accepted.add(Math.max(0, points - failed.count));
      // Which of them were taken is not known: no more is promised than is sure.
      if (failed.count >= points) throw failed;
      return invalid(NOTHING_WRITTEN, `${failed.count} of ${points} points were not taken: ${failed.message}`);
    }
    this.#counters.accepted.add(points);
    this.#rejected(rejected, problem);
    return answerOf(converted, problem);
  }

  /** Counted once the answer is final. The sender is told, and writes it to its own log. */
  #rejected(samples: number, problem: string): void {
    if (samples > 0) this.#counters.failed.add(samples);
    if (problem !== '') this.#context.log.debug({ problem }, 'Some of a remote write can not be taken');
  }
}

function answerOf(written: Written, problem: string): HttpResponse {
  return problem === '' ? success(written) : invalid(written, problem);
}

/** Charges what a request grows to as it grows; stops it beyond its limit or the agent's. */
function growthOf(charge: GrowingCharge, limitBytes: number): (bytes: number) => void {
  let charged = 0;
  return (bytes) => {
    if (bytes <= charged) return;
    if (bytes > limitBytes * MAX_GROWTH) throw new BodyTooLarge(limitBytes * MAX_GROWTH);
    const step = Math.ceil((bytes - charged) / CHARGED_BYTES) * CHARGED_BYTES;
    if (!charge.grow(step)) throw new NoMemoryForBody();
    charged += step;
  };
}

function scopeOf(name: string, version: string): Uint8Array {
  const writer = new ProtoWriter(256);
  writer.stringField(1, name);
  writer.stringField(2, version);
  return writer.finish();
}
