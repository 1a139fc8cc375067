// The size of a page of memory: 4 KiB on most machines, 16 or 64 KiB on some with ARM processors.

import { readFileSync } from 'node:fs';

const USUAL_BYTES = 4_096;
/** getauxval(3). */
const AT_PAGESZ = 6n;

let known = 0;

/** As the kernel told this process at its start. */
export function pageBytes(): number {
  if (known === 0) known = readPageBytes();
  return known;
}

function readPageBytes(): number {
  try {
    // Pairs of words of the machine; every platform Node runs on has 64-bit little-endian ones.
    const vector = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      if (vector.readBigUInt64LE(at) === AT_PAGESZ) return Number(vector.readBigUInt64LE(at + 8));
    }
  } catch {
    // Not Linux, or hidden: the usual size is the best guess.
  }
  return USUAL_BYTES;
}
