// Memory for bodies, carved from slabs: a buffer of its own for each body costs an allocation outside the heap that the
// collector has to track and free one by one, which was a third of the CPU of passing requests on (bench/README.md).

const SLAB_BYTES = 1 << 20;
/** Larger bodies get memory of their own, so that a long-lived one does not keep much else alive. */
const MAX_CARVED_BYTES = SLAB_BYTES / 8;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let used = 0;

/** Uninitialised memory of exactly `bytes` bytes. */
export function takeBytes(bytes: number): Buffer {
  if (bytes > MAX_CARVED_BYTES) return Buffer.allocUnsafeSlow(bytes);
  if (used + bytes > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const taken = slab.subarray(used, used + bytes);
  // Aligned, so that copies and scans start on a word.
  used = (used + bytes + 7) & ~7;
  return taken;
}

/** The parts as one buffer of `total` bytes; the part itself where there is only one. */
export function joinParts(parts: readonly Buffer[], total: number): Buffer {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const joined = takeBytes(total);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
