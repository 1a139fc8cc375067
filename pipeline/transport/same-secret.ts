// Comparing secrets without telling by the time it takes how much of them was right.

import { hash, timingSafeEqual } from 'node:crypto';

export function digestOfSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** Whether one of the digests is that of `secret`. Looks at all of them, whichever fits. */
export function isOneOf(digests: readonly Buffer[], secret: string): boolean {
  const given = digestOfSecret(secret);
  let fits = false;
  for (const digest of digests) if (timingSafeEqual(digest, given)) fits = true;
  return fits;
}
