// Numbers of Prometheus' protobuf messages, read where a ProtoReader stands.

import { type ProtoReader, VARINT } from '../wire.ts';
import { TIMESTAMP } from './protobuf-fields.ts';

const TWO_32 = 2 ** 32;

/** The current varint, unsigned; exact to 2^53. */
export function uint64Of(reader: ProtoReader): number {
  return reader.hi * TWO_32 + reader.lo;
}

/** The current varint, signed; exact to 2^53. */
export function int64Of(reader: ProtoReader): number {
  return (reader.hi | 0) * TWO_32 + reader.lo;
}

/** The current varint of a sint32 or sint64; exact to 2^53. */
export function zigzagOf(reader: ProtoReader): number {
  const { lo, hi } = reader;
  const half = (hi >>> 1) * TWO_32 + ((((hi & 1) << 31) | (lo >>> 1)) >>> 0);
  return (lo & 1) === 0 ? half : -half - 1;
}

/** The google.protobuf.Timestamp in [start, end), in milliseconds since the epoch. */
export function timestampMs(reader: ProtoReader, bytes: Uint8Array, start: number, end: number): number {
  let seconds = 0;
  let nanos = 0;
  reader.reset(bytes, start, end);
  while (reader.next()) {
    if (reader.field !== TIMESTAMP.seconds && reader.field !== TIMESTAMP.nanos) continue;
    reader.expect(VARINT);
    if (reader.field === TIMESTAMP.seconds) seconds = int64Of(reader);
    else nanos = reader.int32();
  }
  return seconds * 1_000 + Math.trunc(nanos / 1e6);
}
