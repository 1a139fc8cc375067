// The protobuf wire format over Uint8Array: a reader that walks the fields of one message without allocating, and the
// primitives below it (wire-writer.ts builds messages). Source: https://protobuf.dev/programming-guides/encoding/. Knows nothing of OTLP.

/** Wire types. Groups (3 and 4) are refused: OTLP has none, and no writer made in the last ten years produces them. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

/** Messages nested deeper than this are malformed, as in protobuf's C++ and Java runtimes. */
export const MAX_DEPTH = 100;

const TWO_32 = 4_294_967_296;
export const MAX_VARINT_BYTES = 10;

/** Bytes that are not the protobuf message they were said to be. `offset` counts from the start of the buffer read. */
export class MalformedProto extends Error {
  override readonly name = 'MalformedProto';
  readonly reason: string;
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(`malformed protobuf at byte ${offset}: ${reason}`);
    this.reason = reason;
    this.offset = offset;
  }
}

/** Throws; a function of its own so that the loops which call it stay small enough to be inlined. */
export function malformed(reason: string, offset: number): never {
  throw new MalformedProto(reason, offset);
}

/**
 * Walks the fields of one message: `reset`, then `while (reader.next()) switch (reader.field)`. `next` has already checked
 * and stepped over the field's value, so a field nobody asks for costs nothing more. Never reads outside [start, end).
 */
export class ProtoReader {
  bytes: Uint8Array;
  /** Where the next field begins. */
  pos = 0;
  end = 0;
  /** The current field's number, wire type, and where its tag begins. */
  field = 0;
  type = 0;
  tagAt = 0;
  /** The current field's value: [start, stop). For a length-delimited field the content without its length. */
  start = 0;
  stop = 0;
  /** The current varint's low and high 32 bits, unsigned; of other types they say nothing. */
  lo = 0;
  hi = 0;

  constructor(bytes: Uint8Array = EMPTY) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** Starts over at the message that lies in [start, end) of `bytes`. */
  reset(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
  }

  /** Goes to the next field; false at the end of the message. Throws `MalformedProto`. */
  next(): boolean {
    const at = this.pos;
    if (at >= this.end) return false;
    this.tagAt = at;
    const { bytes } = this;
    // Safe: at < end <= bytes.length. One byte holds the tags of fields 1 to 15.
    let tag = bytes[at] as number;
    if (tag < 0x80) this.pos = at + 1;
    else tag = this.#longTag(at);
    this.field = tag >>> 3;
    this.type = tag & 7;
    if (tag < 8) malformed('field number 0', at);
    switch (this.type) {
      case LENGTH_DELIMITED:
        this.#lengthDelimited();
        return true;
      case VARINT:
        this.start = this.pos;
        this.#varint();
        this.stop = this.pos;
        return true;
      case FIXED64:
        this.#fixed(8);
        return true;
      case FIXED32:
        this.#fixed(4);
        return true;
      default:
        return malformed(this.type < 5 ? 'group' : `wire type ${this.type}`, at);
    }
  }

  /** The current field must have this wire type. */
  expect(type: number): void {
    if (this.type !== type) malformed(`wire type ${this.type} for field ${this.field}, expected ${type}`, this.tagAt);
  }

  /** The current fixed32 field, unsigned. */
  fixed32(): number {
    return readFixed32(this.bytes, this.start);
  }

  /** The current varint as a signed 32-bit number (int32, enum, bool). */
  int32(): number {
    return this.lo | 0;
  }

  /** Reads a bare varint at `start` into `lo` and `hi`. */
  varintAt(bytes: Uint8Array, start: number, end: number): void {
    this.reset(bytes, start, end);
    this.#varint();
  }

  #longTag(at: number): number {
    this.pos = at;
    this.#varint();
    if (this.hi !== 0) malformed('field number too large', at);
    return this.lo;
  }

  #lengthDelimited(): void {
    const at = this.pos;
    const { bytes, end } = this;
    if (at >= end) malformed('truncated length', at);
    // Safe: at < end <= bytes.length.
    let length = bytes[at] as number;
    if (length < 0x80) {
      this.pos = at + 1;
    } else if (at + 1 < end && (bytes[at + 1] as number) < 0x80) {
      length = (length & 0x7f) | ((bytes[at + 1] as number) << 7);
      this.pos = at + 2;
    } else {
      this.#varint();
      length = this.hi === 0 ? this.lo : TWO_32;
    }
    this.start = this.pos;
    if (length > end - this.pos) malformed('length past the end', at);
    this.pos += length;
    this.stop = this.pos;
  }

  #fixed(size: number): void {
    this.start = this.pos;
    if (size > this.end - this.pos) malformed(`truncated ${size}-byte value`, this.pos);
    this.pos += size;
    this.stop = this.pos;
  }

  #varint(): void {
    const { bytes, end } = this;
    const from = this.pos;
    let pos = from;
    let lo = 0;
    let hi = 0;
    let shift = 0;
    for (;;) {
      if (pos >= end) malformed('truncated varint', from);
      // Safe: pos < end <= bytes.length.
      const byte = bytes[pos] as number;
      pos++;
      const bits = byte & 0x7f;
      if (shift < 28) lo |= bits << shift;
      else if (shift === 28) {
        lo |= bits << 28;
        hi = bits >>> 4;
      } else hi |= bits << (shift - 32);
      if (byte < 0x80) break;
      shift += 7;
      if (shift >= 7 * MAX_VARINT_BYTES) malformed('varint longer than 10 bytes', from);
    }
    this.pos = pos;
    this.lo = lo >>> 0;
    this.hi = hi >>> 0;
  }
}

const EMPTY = new Uint8Array(0);

const varintReader = new ProtoReader();
const skipReader = new ProtoReader();

/** The varint at `at`: read `lo` and `hi` from the result before the next call. */
export function readVarint(bytes: Uint8Array, at: number, end: number): { readonly lo: number; readonly hi: number } {
  varintReader.varintAt(bytes, at, end);
  return varintReader;
}

/** Where the varint at `pos` ends. Throws when it does not end before `end`, or is longer than ten bytes. */
export function skipVarint(bytes: Uint8Array, pos: number, end: number): number {
  const limit = end - pos > MAX_VARINT_BYTES ? pos + MAX_VARINT_BYTES : end;
  for (let at = pos; at < limit; at++) {
    // Safe: at < end <= bytes.length.
    if ((bytes[at] as number) < 0x80) return at + 1;
  }
  return malformed(limit === end ? 'truncated varint' : 'varint longer than 10 bytes', pos);
}

/** Where the length-delimited value whose length is at `pos` ends. */
export function skipLengthDelimited(bytes: Uint8Array, pos: number, end: number): number {
  if (end - pos > 3) {
    // Safe: four bytes lie before end. Items of 128 to 16,383 bytes have two length bytes.
    const first = bytes[pos] as number;
    const second = bytes[pos + 1] as number;
    let stop = 0;
    if (first < 0x80) stop = pos + 1 + first;
    else if (second < 0x80) stop = pos + 2 + ((first & 0x7f) | (second << 7));
    else return skipLongLength(bytes, pos, end);
    if (stop > end) malformed('length past the end', pos);
    return stop;
  }
  return skipLongLength(bytes, pos, end);
}

function skipLongLength(bytes: Uint8Array, pos: number, end: number): number {
  const start = skipVarint(bytes, pos, end);
  let length = 0;
  // Doubles hold every length that can be valid; larger ones stay larger than any buffer.
  for (let at = start - 1; at >= pos; at--) length = length * 128 + ((bytes[at] as number) & 0x7f); // safe: at < start <= end
  if (length > end - start) malformed('length past the end', pos);
  return start + length;
}

/**
 * Where the field whose tag is at `at` (before `end`) ends: the cheapest way over a field nobody asks for. Throws
 * `MalformedProto` where the field is not whole.
 */
export function skipField(bytes: Uint8Array, at: number, end: number): number {
  // Safe, here and below: at < end <= bytes.length.
  const tag = bytes[at] as number;
  if (tag >= 8 && tag < 0x80 && at + 1 < end) {
    const type = tag & 7;
    const next = bytes[at + 1] as number;
    if (type === LENGTH_DELIMITED) {
      const stop = at + 2 + next;
      return next < 0x80 && stop <= end ? stop : skipLengthDelimited(bytes, at + 1, end);
    }
    if (type === FIXED64 && at + 9 <= end) return at + 9;
    if (type === VARINT && next < 0x80) return at + 2;
  }
  return skipRareField(bytes, at, end);
}

/** Any field; apart from skipField so that this stays small enough to be inlined. */
function skipRareField(bytes: Uint8Array, at: number, end: number): number {
  skipReader.reset(bytes, at, end);
  skipReader.next();
  return skipReader.pos;
}

/** The number of the field whose tag is at `at` and which `skipField` found whole. */
export function fieldNumberAt(bytes: Uint8Array, at: number): number {
  // Safe: the caller checked the field.
  const tag = bytes[at] as number;
  if (tag < 0x80) return tag >>> 3;
  return readVarint(bytes, at, bytes.length).lo >>> 3;
}

/** The four bytes at `at`, little-endian, unsigned. The caller has checked that they exist. */
export function readFixed32(bytes: Uint8Array, at: number): number {
  // Safe: the caller checked the bounds.
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

/** The eight bytes at `at` as an unsigned number; exact to 2^53, nearest beyond. The caller has checked that they exist. */
export function readFixed64AsNumber(bytes: Uint8Array, at: number): number {
  return readFixed32(bytes, at + 4) * TWO_32 + readFixed32(bytes, at);
}

/** The eight bytes at `at` as an unsigned bigint. The caller has checked that they exist. */
export function readFixed64(bytes: Uint8Array, at: number): bigint {
  scratchWords[0] = readFixed32(bytes, at);
  scratchWords[1] = readFixed32(bytes, at + 4);
  // Safe: scratchUnsigned has one element.
  return scratchUnsigned[0] as bigint;
}

/** The eight bytes at `at` as a signed bigint. The caller has checked that they exist. */
export function readSfixed64(bytes: Uint8Array, at: number): bigint {
  return BigInt.asIntN(64, readFixed64(bytes, at));
}

/** The eight bytes at `at` as a double. The caller has checked that they exist. */
export function readDouble(bytes: Uint8Array, at: number): number {
  scratchWords[0] = readFixed32(bytes, at);
  scratchWords[1] = readFixed32(bytes, at + 4);
  // Safe: scratchDouble has one element.
  return scratchDouble[0] as number;
}

/** Two 32-bit halves as an unsigned bigint. */
export function joinWords(lo: number, hi: number): bigint {
  scratchWords[0] = lo;
  scratchWords[1] = hi;
  // Safe: scratchUnsigned has one element.
  return scratchUnsigned[0] as bigint;
}

// Every platform Node runs on is little-endian, so the low word comes first.
const scratch = new ArrayBuffer(8);
const scratchWords = new Uint32Array(scratch);
const scratchUnsigned = new BigUint64Array(scratch);
const scratchDouble = new Float64Array(scratch);
