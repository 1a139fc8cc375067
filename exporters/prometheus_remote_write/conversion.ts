// A batch on its way: what became of it is worked out once, however often it is tried, because deltas are added up on the
// way, and so that only what was not taken is sent again.

import type { Batch } from '../../pipeline/batch.ts';
import { snappyCompress, snappyUncompress } from '../../pipeline/transport/snappy.ts';
import { V1_MESSAGE, type RemoteWriteMessage } from '../../proto/prometheus/remote-write/fields.ts';
import { v1FromV2 } from '../../proto/prometheus/remote-write/writer-v1-from-v2.ts';
import type { RemoteWriteConfig } from './config.ts';
import type { DropRule } from './drop-rules.ts';
import { Intake } from './intake.ts';
import { type RemoteRequest, Requests } from './requests.ts';

/** A request as it goes out. */
export interface PackedRequest extends Omit<RemoteRequest, 'message'> {
  readonly protocol: RemoteWriteMessage;
  /** The message as a block of snappy. */
  readonly body: Uint8Array;
  /** Of the message. */
  readonly bytes: number;
}

export interface Converted {
  readonly requests: readonly PackedRequest[];
  /** Points that were dropped on the way, by rule. */
  readonly dropped: ReadonlyMap<DropRule, number>;
}

export class Conversion {
  readonly #config: RemoteWriteConfig;
  readonly #intake: Intake;
  readonly #writers: Partial<Record<RemoteWriteMessage, Requests>> = {};

  constructor(config: RemoteWriteConfig) {
    this.#config = config;
    this.#intake = new Intake(config);
  }

  /** Series whose deltas are added up. */
  get deltaSeries(): number {
    return this.#intake.accumulator.size;
  }

  /** `nowMs` on the steady clock. Throws `MalformedProto`. */
  convert(batch: Batch, protocol: RemoteWriteMessage, nowMs: number): Converted {
    const dropped = this.#intake.take(batch, protocol, nowMs);
    const writer = (this.#writers[protocol] ??= new Requests({
      message: protocol,
      maxBytes: this.#config.max_batch_size_bytes,
      sendsMetadata: this.#config.send_metadata,
    }));
    const requests = writer.write(this.#intake).map((request) => pack(request, protocol));
    return { requests, dropped };
  }
}

function pack({ message, ...amounts }: RemoteRequest, protocol: RemoteWriteMessage): PackedRequest {
  return { ...amounts, protocol, body: snappyCompress(message), bytes: message.length };
}

/** The same request for a destination that knows 1.0 only. */
export function downgraded(request: PackedRequest): PackedRequest {
  const message = v1FromV2(snappyUncompress(request.body, request.bytes));
  return { ...request, protocol: V1_MESSAGE, body: snappyCompress(message), bytes: message.length };
}
