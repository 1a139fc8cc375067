// The body of one answer while it comes in: one buffer that grows, charged to the agent's memory and bounded, so that it costs
// what it holds however it is cut into packets and whatever its Content-Length promises.

import type { IncomingMessage } from 'node:http';
import { BodyTooLarge, NoMemoryForBody } from '../../../pipeline/transport/body-errors.ts';
import { free } from '../../../pipeline/transport/inflate.ts';
import type { GrowingCharge } from '../../../pipeline/transport/growing-charge.ts';

const FIRST_BYTES = 16 * 1024;
/** What an answer's word on its length is trusted for; beyond it the buffer grows with what comes. */
const TRUSTED_BYTES = 1 << 20;
/** Asking for memory is rounded up to this, so that a body that drips is not charged byte by byte. */
const CHARGE_BYTES = 64 * 1024;

export interface BodyOptions {
  /** A body of more bytes fails with BodyTooLarge. */
  readonly limitBytes: number;
  /** How large the last one was; 0 where unknown. */
  readonly expectedBytes: number;
  readonly charge: GrowingCharge;
}

export interface Body {
  readonly bytes: Uint8Array;
  /** Gives the memory back at once; nothing may look at the bytes any more. */
  free(): void;
}

/** The whole body as it comes. Fails with BodyTooLarge, NoMemoryForBody, or what ended the connection. */
export function readBody(response: IncomingMessage, options: BodyOptions): Promise<Body> {
  const { limitBytes, expectedBytes, charge } = options;
  return new Promise((resolve, reject) => {
    const promised = Math.min(Number(response.headers['content-length'] ?? 0) || 0, TRUSTED_BYTES);
    let buffer = Buffer.allocUnsafeSlow(Math.min(Math.max(expectedBytes, promised, FIRST_BYTES), limitBytes));
    let bytes = 0;
    let charged = 0;
    let isSettled = false;
    const fail = (error: Error): void => {
      if (isSettled) return;
      isSettled = true;
      free(buffer);
      response.destroy();
      reject(error);
    };
    response.on('data', (part: Buffer) => {
      if (isSettled) return;
      const needed = bytes + part.length;
      if (needed > limitBytes) {
        fail(new BodyTooLarge(limitBytes));
        return;
      }
      if (needed > charged) {
        const more = Math.max(needed - charged, CHARGE_BYTES);
        if (!charge.grow(more)) {
          fail(new NoMemoryForBody());
          return;
        }
        charged += more;
      }
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(limitBytes, Math.max(needed, buffer.length * 2)));
        larger.set(buffer.subarray(0, bytes));
        free(buffer);
        buffer = larger;
      }
      buffer.set(part, bytes);
      bytes = needed;
    });
    response.on('error', fail);
    response.on('close', () => fail(new Error('the connection ended in the middle of the body')));
    response.on('end', () => {
      if (isSettled) return;
      isSettled = true;
      const whole = buffer;
      resolve({ bytes: whole.subarray(0, bytes), free: () => free(whole) });
    });
  });
}
