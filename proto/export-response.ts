// Export…ServiceResponse: the same two fields for every signal, partial_success { rejected = 1, error_message = 2 }.

import { cut } from './status.ts';
import { LENGTH_DELIMITED, MalformedProto, ProtoReader, VARINT } from './wire.ts';
import { ProtoWriter } from './wire-writer.ts';

/** What a server says about items it did not take. `rejected` 0 with a message is a warning. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** The message is cut to what fits every answer: a destination's own reason may have megabytes. */
export function encodePartialSuccess(rejected: number, message: string): Uint8Array {
  const partial = new ProtoWriter(64);
  if (rejected > 0) partial.int64Field(1, BigInt(rejected));
  if (message !== '') partial.stringField(2, cut(message));
  const response = new ProtoWriter(partial.length + 8);
  response.bytesField(1, partial.view());
  return response.finish();
}

/** Undefined for a full success, and for bytes that are no response. */
export function decodePartialSuccess(bytes: Uint8Array): PartialSuccess | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const reader = new ProtoReader(bytes);
    while (reader.next()) {
      if (reader.field !== 1 || reader.type !== LENGTH_DELIMITED) continue;
      const partial = new ProtoReader();
      partial.reset(bytes, reader.start, reader.stop);
      let rejected = 0;
      let message = '';
      while (partial.next()) {
        // A signed number; fewer than none are none.
        if (partial.field === 1 && partial.type === VARINT) rejected = (partial.hi | 0) * 2 ** 32 + partial.lo;
        else if (partial.field === 2 && partial.type === LENGTH_DELIMITED) {
          message = cut(Buffer.from(bytes.subarray(partial.start, partial.stop)).toString('utf8'));
        }
      }
      return rejected > 0 || message !== '' ? { rejected, message } : undefined;
    }
    return undefined;
  } catch (error) {
    if (error instanceof MalformedProto) return undefined;
    throw error;
  }
}
