// Number literals: decimal, hexadecimal, octal and binary ints, and floats.

import { parseFloat64 } from '../pipeline/go-numbers.ts';

const MAX_INT = 2n ** 63n - 1n;
const INT = /^(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)$/;

/** A bigint for an int, a number for a float; undefined where it is neither, or too large. */
export function numberOf(literal: string): bigint | number | undefined {
  const text = literal.replaceAll('_', '');
  if (/[.eE]/.test(text) && !/^0[xX]/.test(text)) return parseFloat64(text);
  if (!INT.test(text)) return undefined;
  const value = BigInt(text);
  return value > MAX_INT ? undefined : value;
}
