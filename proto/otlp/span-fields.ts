// Where the fields of a span lie that nearly everybody asks for, found in one pass made for spans: three times as fast as the
// general MessageView, because what it notes goes into fields of one object and not into tables.

import {
  FIXED64,
  fieldNumberAt,
  LENGTH_DELIMITED,
  malformed,
  readFixed32,
  readVarint,
  skipField,
  VARINT,
} from '../wire.ts';
import { MessageView } from './message-view.ts';

/** Tags of `Span`: field number and wire type in one byte. */
const TRACE_ID = (1 << 3) | LENGTH_DELIMITED;
const SPAN_ID = (2 << 3) | LENGTH_DELIMITED;
const PARENT_SPAN_ID = (4 << 3) | LENGTH_DELIMITED;
const NAME = (5 << 3) | LENGTH_DELIMITED;
const KIND = (6 << 3) | VARINT;
const START_TIME = (7 << 3) | FIXED64;
const END_TIME = (8 << 3) | FIXED64;
const STATUS = (15 << 3) | LENGTH_DELIMITED;
/** The tag of `Status.code`. */
const STATUS_CODE = (3 << 3) | VARINT;

const MISTYPED_KIND = (6 << 3) | LENGTH_DELIMITED;
const MISTYPED_START_TIME = (7 << 3) | LENGTH_DELIMITED;
const MISTYPED_END_TIME = (8 << 3) | LENGTH_DELIMITED;

/** Bit n: field n is one of those above. */
const NOTED = (1 << 1) | (1 << 2) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7) | (1 << 8) | (1 << 15);

/** Starts and ends are positions in `bytes`; both are 0 where the field is absent. */
export class SpanFields {
  traceIdStart = 0;
  traceIdEnd = 0;
  spanIdStart = 0;
  spanIdEnd = 0;
  parentSpanIdStart = 0;
  parentSpanIdEnd = 0;
  nameStart = 0;
  nameEnd = 0;
  kind = 0;
  /** Eight bytes, little-endian. */
  startTimeAt = 0;
  endTimeAt = 0;
  statusStart = 0;
  statusEnd = 0;
  statusCode = 0;

  /** Reads the span in [start, end). Throws `MalformedProto`. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    this.traceIdStart = this.traceIdEnd = this.spanIdStart = this.spanIdEnd = 0;
    this.parentSpanIdStart = this.parentSpanIdEnd = this.nameStart = this.nameEnd = 0;
    this.kind = this.startTimeAt = this.endTimeAt = 0;
    this.statusStart = this.statusEnd = this.statusCode = 0;
    let pos = start;
    while (pos < end) {
      const at = pos;
      // Safe, here and below: pos < end <= bytes.length.
      const tag = bytes[at] as number;
      if ((tag & 7) === LENGTH_DELIMITED && tag < 0x80) {
        const length = at + 1 < end ? (bytes[at + 1] as number) : 0x80;
        let content = at + 2;
        if (length < 0x80) {
          pos = content + length;
          if (pos > end) malformed('length past the end', at);
        } else {
          pos = skipField(bytes, at, end);
          while ((bytes[content - 1] as number) >= 0x80) content++;
        }
        // Written out here: a call per field would double the time of the whole pass.
        switch (tag) {
          case TRACE_ID:
            this.traceIdStart = content;
            this.traceIdEnd = pos;
            break;
          case SPAN_ID:
            this.spanIdStart = content;
            this.spanIdEnd = pos;
            break;
          case PARENT_SPAN_ID:
            this.parentSpanIdStart = content;
            this.parentSpanIdEnd = pos;
            break;
          case NAME:
            this.nameStart = content;
            this.nameEnd = pos;
            break;
          case STATUS:
            this.statusStart = content;
            this.statusEnd = pos;
            this.statusCode = statusCodeOf(bytes, content, pos);
            break;
          case MISTYPED_KIND:
          case MISTYPED_START_TIME:
          case MISTYPED_END_TIME:
            refuseNoted(bytes, tag, at);
        }
        continue;
      }
      if (tag === START_TIME || tag === END_TIME) {
        pos = at + 9;
        if (pos > end) malformed('truncated 8-byte value', at);
        if (tag === START_TIME) this.startTimeAt = at + 1;
        else this.endTimeAt = at + 1;
        continue;
      }
      if (tag === KIND && at + 1 < end && (bytes[at + 1] as number) < 0x80) {
        this.kind = bytes[at + 1] as number;
        pos = at + 2;
        continue;
      }
      pos = skipField(bytes, at, end);
      if (tag === KIND) this.kind = readVarint(bytes, at + 1, end).lo | 0;
      else refuseNoted(bytes, tag, at);
    }
  }

  /** End minus start in nanoseconds, exact up to 2^53. */
  durationNano(bytes: Uint8Array): number {
    let high = 0;
    let low = 0;
    if (this.endTimeAt > 0) {
      low = readFixed32(bytes, this.endTimeAt);
      high = readFixed32(bytes, this.endTimeAt + 4);
    }
    if (this.startTimeAt > 0) {
      low -= readFixed32(bytes, this.startTimeAt);
      high -= readFixed32(bytes, this.startTimeAt + 4);
    }
    return high * 4_294_967_296 + low;
  }
}

/** The usual status is a code alone. */
function statusCodeOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start === 2 && bytes[start] === STATUS_CODE && (bytes[start + 1] as number) < 0x80)
    return bytes[start + 1] as number;
  status.bind(bytes, start, end);
  return status.int32Field(3);
}

const status = new MessageView();

/** A field noted here, but with another wire type or a tag of more bytes than it takes, must not be overlooked. */
function refuseNoted(bytes: Uint8Array, tag: number, at: number): void {
  const field = tag < 0x80 ? tag >>> 3 : fieldNumberAt(bytes, at);
  if (field < 16 && (NOTED & (1 << field)) !== 0) malformed(`unexpected tag of field ${field}`, at);
}
