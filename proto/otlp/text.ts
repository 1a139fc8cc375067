// Bytes as text and the comparison that avoids making it.

// Safe: both have been methods of Buffer.prototype since Node 0.x and accept any Uint8Array as `this`; the types leave them
// out. They decode without making a Buffer first, which for short strings is most of the cost.
const native = Buffer.prototype as unknown as {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  hexSlice(this: Uint8Array, start: number, end: number): string;
};

/** [start, end) as a string; what is not UTF-8 becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return start === end ? '' : native.utf8Slice.call(bytes, start, end);
}

/** [start, end) as lower-case hex. */
export function decodeHex(bytes: Uint8Array, start: number, end: number): string {
  return start === end ? '' : native.hexSlice.call(bytes, start, end);
}

/** Whether [start, end) holds exactly `needle`. */
export function equalBytes(bytes: Uint8Array, start: number, end: number, needle: Uint8Array): boolean {
  const { length } = needle;
  if (end - start !== length) return false;
  for (let index = 0; index < length; index++) if (bytes[start + index] !== needle[index]) return false;
  return true;
}

const encoder = new TextEncoder();

/** A string as UTF-8, for a needle or a compiled edit. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}
