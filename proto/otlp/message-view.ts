// A view of one protobuf message where it lies: fields by number, found in one pass when the first is asked for. The base
// of every OTLP view. Views are reusable: `bind` points one at the next message and allocates nothing.

import {
  fieldNumberAt,
  FIXED32,
  FIXED64,
  joinWords,
  LENGTH_DELIMITED,
  ProtoReader,
  readDouble,
  readFixed32,
  readFixed64,
  readFixed64AsNumber,
  readVarint,
  skipField,
  VARINT,
} from '../wire.ts';
import { decodeHex, decodeUtf8, equalBytes } from './text.ts';

/** Fields 1 to 31 are indexed; OTLP has no larger ones. */
const MAX_FIELD = 31;

const EMPTY = new Uint8Array(0);
const TWO_32 = 4_294_967_296;

/**
 * Fields by number. Absent fields read as proto3's default (0, '', empty). Should a field that is not repeated occur more
 * than once, the last one counts. Reading a field with another wire type than it has throws `MalformedProto`, as does
 * whatever is malformed; nothing outside [start, end) is ever read.
 */
export class MessageView {
  /** The buffer and the message's place in it. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** Bit n: field n is there. */
  #present = 0;
  #scanned = false;
  /** By field: where the tag of its first and of its last occurrence begins. */
  readonly #firsts = new Int32Array(MAX_FIELD + 1);
  readonly #lasts = new Int32Array(MAX_FIELD + 1);

  /** Points the view at the message in [start, end) of `bytes`. */
  bind(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#scanned = false;
  }

  /** Points the view at a message without fields. */
  clear(): void {
    this.bind(EMPTY, 0, 0);
  }

  has(field: number): boolean {
    if (!this.#scanned) this.#scan();
    return (this.#present & (1 << field)) !== 0;
  }

  /** Where the content of a string, bytes or message field begins; pair with `contentEnd`. 0 and 0 where it is absent. */
  contentStart(field: number): number {
    const start = this.#at(field, LENGTH_DELIMITED);
    return start < 0 ? 0 : start;
  }

  contentEnd(field: number): number {
    const start = this.#at(field, LENGTH_DELIMITED);
    return start < 0 ? 0 : this.#stop(field, start);
  }

  /** Where the first tag of a repeated field begins, and where its last occurrence ends; both 0 where there is none. */
  repeatedStart(field: number): number {
    return this.has(field) ? (this.#firsts[field] as number) : 0;
  }

  repeatedEnd(field: number): number {
    return this.has(field) ? skipField(this.bytes, this.#lasts[field] as number, this.end) : 0;
  }

  /** The content of a string, bytes or message field: a window onto the buffer, not a copy. */
  bytesField(field: number): Uint8Array {
    const start = this.#at(field, LENGTH_DELIMITED);
    return start < 0 ? EMPTY : this.bytes.subarray(start, this.#stop(field, start));
  }

  stringField(field: number): string {
    const start = this.#at(field, LENGTH_DELIMITED);
    return start < 0 ? '' : decodeUtf8(this.bytes, start, this.#stop(field, start));
  }

  /** Lower-case hex of a bytes field. */
  hexField(field: number): string {
    const start = this.#at(field, LENGTH_DELIMITED);
    return start < 0 ? '' : decodeHex(this.bytes, start, this.#stop(field, start));
  }

  /** Whether a string or bytes field equals these bytes; nothing is decoded. */
  fieldEquals(field: number, needle: Uint8Array): boolean {
    const start = this.#at(field, LENGTH_DELIMITED);
    if (start < 0) return needle.length === 0;
    return equalBytes(this.bytes, start, this.#stop(field, start), needle);
  }

  /** A varint field of at most 32 bits, unsigned; larger ones lose their high bits. */
  uint32Field(field: number): number {
    const start = this.#at(field, VARINT);
    if (start < 0) return 0;
    // Safe: the scan found the varint's end.
    const first = this.bytes[start] as number;
    return first < 0x80 ? first : readVarint(this.bytes, start, this.end).lo;
  }

  int32Field(field: number): number {
    return this.uint32Field(field) | 0;
  }

  boolField(field: number): boolean {
    const start = this.#at(field, VARINT);
    if (start < 0) return false;
    const { lo, hi } = readVarint(this.bytes, start, this.end);
    return lo !== 0 || hi !== 0;
  }

  /** A uint64 varint field. */
  uint64Field(field: number): bigint {
    const start = this.#at(field, VARINT);
    if (start < 0) return 0n;
    const { lo, hi } = readVarint(this.bytes, start, this.end);
    return joinWords(lo, hi);
  }

  /** An int64 varint field. */
  int64Field(field: number): bigint {
    return BigInt.asIntN(64, this.uint64Field(field));
  }

  fixed32Field(field: number): number {
    const start = this.#at(field, FIXED32);
    return start < 0 ? 0 : readFixed32(this.bytes, start);
  }

  /** A fixed64 field, unsigned. */
  fixed64Field(field: number): bigint {
    const start = this.#at(field, FIXED64);
    return start < 0 ? 0n : readFixed64(this.bytes, start);
  }

  /** A fixed64 field as the nearest number: exact below 2^53; times of today are off by up to 128 ns. */
  fixed64AsNumber(field: number): number {
    const start = this.#at(field, FIXED64);
    return start < 0 ? 0 : readFixed64AsNumber(this.bytes, start);
  }

  /** A fixed64 field, signed, as the nearest number. */
  sfixed64AsNumber(field: number): number {
    const start = this.#at(field, FIXED64);
    return start < 0 ? 0 : (readFixed32(this.bytes, start + 4) | 0) * TWO_32 + readFixed32(this.bytes, start);
  }

  /** A fixed64 field of nanoseconds as whole milliseconds, rounded down; exact. */
  nanosAsMillis(field: number): number {
    const start = this.#at(field, FIXED64);
    if (start < 0) return 0;
    // 2^32 nanoseconds are 4,294 ms and 967,296 ns: everything below stays under 2^53.
    const high = readFixed32(this.bytes, start + 4);
    return high * 4294 + Math.floor((high * 967_296 + readFixed32(this.bytes, start)) / 1e6);
  }

  doubleField(field: number): number {
    const start = this.#at(field, FIXED64);
    return start < 0 ? 0 : readDouble(this.bytes, start);
  }

  /** Where the value of `field` begins, -1 where the field is absent; throws when it has another wire type. */
  #at(field: number, type: number): number {
    if (!this.#scanned) this.#scan();
    if ((this.#present & (1 << field)) === 0) return -1;
    const at = this.#lasts[field] as number;
    // Field 16 and above have a second tag byte. Safe, here and below: the scan found the field whole.
    if (field < 16 && (this.bytes[at] as number) === ((field << 3) | type)) {
      if (type !== LENGTH_DELIMITED) return at + 1;
      if ((this.bytes[at + 1] as number) < 0x80) return at + 2;
    }
    return this.#rareAt(at, type);
  }

  /** Where the length-delimited value that begins at `start` (from `#at`) ends. */
  #stop(field: number, start: number): number {
    const length = this.bytes[start - 1] as number;
    if (start - (this.#lasts[field] as number) === 2) return start + length;
    return skipField(this.bytes, this.#lasts[field] as number, this.end);
  }

  #rareAt(at: number, type: number): number {
    scanReader.reset(this.bytes, at, this.end);
    scanReader.next();
    scanReader.expect(type);
    return scanReader.start;
  }

  /** Notes where each field is; checks that all of them lie whole within the message. */
  #scan(): void {
    const { bytes, end } = this;
    const firsts = this.#firsts;
    const lasts = this.#lasts;
    let present = 0;
    let pos = this.start;
    while (pos < end) {
      const at = pos;
      pos = skipField(bytes, at, end);
      // Safe: at < end <= bytes.length.
      const tag = bytes[at] as number;
      const field = tag < 0x80 ? tag >>> 3 : fieldNumberAt(bytes, at);
      if (field > MAX_FIELD) continue;
      const bit = 1 << field;
      if ((present & bit) === 0) {
        present |= bit;
        firsts[field] = at;
      }
      lasts[field] = at;
    }
    this.#present = present;
    this.#scanned = true;
  }
}

const scanReader = new ProtoReader();

/** Hops from one occurrence of a length-delimited field to the next. */
export class RepeatedField {
  bytes: Uint8Array = EMPTY;
  /** The current occurrence's content. */
  start = 0;
  stop = 0;
  /** Where the current occurrence's tag begins. */
  tagAt = 0;
  #pos = 0;
  #end = 0;
  #field = 0;

  /** Starts over: the occurrences of `field` in [start, end). */
  reset(bytes: Uint8Array, start: number, end: number, field: number): void {
    this.bytes = bytes;
    this.#pos = start;
    this.#end = end;
    this.#field = field;
  }

  next(): boolean {
    const { bytes } = this;
    const end = this.#end;
    const tag = (this.#field << 3) | LENGTH_DELIMITED;
    let pos = this.#pos;
    while (pos < end) {
      const at = pos;
      pos = skipField(bytes, at, end);
      // Safe: at < end <= bytes.length.
      const seen = bytes[at] as number;
      if (seen !== tag && seen < 0x80 && seen >>> 3 !== this.#field) continue;
      this.#pos = pos;
      if (seen === tag) {
        let start = at + 1;
        while ((bytes[start] as number) >= 0x80) start++;
        this.start = start + 1;
        this.stop = pos;
        this.tagAt = at;
        return true;
      }
      if (this.#isWrittenOtherwise(at)) return true;
    }
    this.#pos = pos;
    return false;
  }

  /** The field with a tag longer than it need be, or with another wire type, which is malformed. */
  #isWrittenOtherwise(at: number): boolean {
    scanReader.reset(this.bytes, at, this.#end);
    scanReader.next();
    if (scanReader.field !== this.#field) return false;
    scanReader.expect(LENGTH_DELIMITED);
    this.start = scanReader.start;
    this.stop = scanReader.stop;
    this.tagAt = at;
    return true;
  }
}
