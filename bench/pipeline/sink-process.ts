// Starts the sink as a process of its own and asks it for its counts.

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Security } from './security.ts';
import type { SinkCount, SinkQuestion, SinkReady } from './sink.ts';

const SINK = fileURLToPath(new URL('sink.ts', import.meta.url));
const SETTLE_STEP_MS = 200;
const SETTLE_STEPS_MAX = 300;

export class Sink implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly ports: SinkReady;
  /** Whose certificate the ports with TLS have. */
  readonly security: Security;

  private constructor(child: ChildProcess, ports: SinkReady, security: Security) {
    this.#child = child;
    this.ports = ports;
    this.security = security;
  }

  static async start(): Promise<Sink> {
    const security = new Security();
    const { cert, key } = security.files;
    const child = fork(SINK, [cert, key], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [ports] = await once(child, 'message');
    // Safe: the first thing the sink says.
    return new Sink(child, ports as SinkReady, security);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask(question: SinkQuestion = {}): Promise<SinkCount> {
    if (!this.#child.connected) throw new Error('the sink has ended; its error is above');
    const answer = once(this.#child, 'message');
    this.#child.send(question);
    const [count] = await answer;
    // Safe: the answer to every question.
    return count as SinkCount;
  }

  /** The counts once nothing more arrives: queues of the agent are empty, or it has given up. */
  async settled(quietSteps = 2): Promise<SinkCount> {
    let last = await this.ask();
    let quiet = 0;
    for (let step = 0; step < SETTLE_STEPS_MAX && quiet < quietSteps; step++) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_STEP_MS));
      const now = await this.ask();
      quiet = now.spans === last.spans ? quiet + 1 : 0;
      last = now;
    }
    return last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.security[Symbol.dispose]();
    if (!this.#child.connected) return;
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }
}
