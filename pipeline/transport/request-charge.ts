// What one request over HTTP is charged besides its body as it came, which the server charges: the body decompressed and
// in another form, to the agent's memory and to the client's account.

import type { Admission } from '../admission.ts';
import { GrowingCharge } from './growing-charge.ts';
import type { HttpRequest } from './http-server.ts';
import type { RequestAccount } from './middleware.ts';

export class RequestCharge {
  /** While the body is decompressed and converted. */
  readonly growing: GrowingCharge;
  readonly #admission: Admission;
  readonly #account: RequestAccount | undefined;
  #held = 0;

  constructor(admission: Admission, { body, account }: HttpRequest) {
    this.#admission = admission;
    this.#account = account;
    this.growing = new GrowingCharge(admission, body.length);
  }

  /** Of all that it grew to, `bytes` stay until the answer. Called once. */
  hold(bytes: number): void {
    if (bytes > 0) {
      this.#admission.acquire(bytes);
      this.#account?.hold(bytes);
      this.#held = bytes;
    }
    this.growing.release();
  }

  /** The request is answered. */
  release(): void {
    this.growing.release();
    if (this.#held === 0) return;
    this.#admission.release(this.#held);
    this.#account?.release(this.#held);
    this.#held = 0;
  }
}
