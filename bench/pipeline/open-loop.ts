// Offers requests at a fixed rate, whatever becomes of them, and counts the answers: h2load waits for answers and does not
// look at gRPC's status.

import type { Sender } from './senders.ts';

const TICK_MS = 10;
/** Requests under way at most; what is due beyond is counted as not offered. */
const UNDER_WAY_MAX = 4000;

export class OpenLoop {
  readonly #sender: Sender;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #lastTickMs = 0;
  #underWay = 0;
  #perSecond = 0;
  accepted = 0;
  retryable = 0;
  /** Answers that tell a client to drop its data, and connections that broke. */
  final = 0;
  notOffered = 0;
  /** performance.now() of the last answer that was not OK. */
  lastRefusalMs = 0;
  /** What final answers said, a few of them. */
  readonly finalReasons = new Set<string>();

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  rate(perSecond: number): void {
    this.#perSecond = perSecond;
    this.#lastTickMs = performance.now();
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Stops offering and waits for what is under way. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    this.#sender.close();
  }

  #tick(): void {
    const now = performance.now();
    this.#due += ((now - this.#lastTickMs) / 1000) * this.#perSecond;
    this.#lastTickMs = now;
    for (; this.#due >= 1; this.#due--) {
      if (this.#underWay >= UNDER_WAY_MAX) this.notOffered++;
      else this.#send();
    }
  }

  #send(): void {
    this.#underWay++;
    this.#sender.send((outcome, reason) => {
      this.#underWay--;
      this[outcome]++;
      if (outcome === 'accepted') return;
      this.lastRefusalMs = performance.now();
      if (outcome === 'final' && this.finalReasons.size < 5) this.finalReasons.add(reason);
    });
  }
}
