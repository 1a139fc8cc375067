// Processes that are talked to: one question at a time, each with one answer. Both sides of that talk.

import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds on a clock that all processes of the machine share, and nobody sets. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

export class Companion {
  readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Starts a file of this folder, in a network namespace where one is named; resolves once it is ready. */
  static async start(file: string, args: readonly string[], namespace?: string): Promise<Companion> {
    const script = new URL(file, import.meta.url).pathname;
    const child =
      namespace === undefined
        ? fork(script, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
        : spawn('ip', ['netns', 'exec', namespace, process.execPath, script, ...args], {
            stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
          });
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`${file} ended at once with ${code}`);
      }),
    ]);
    return new Companion(child);
  }

  async ask(question: object): Promise<unknown> {
    const answer = once(this.child, 'message');
    this.child.send(question);
    const [message]: unknown[] = await answer;
    return message;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

/** The other side: says that it is ready, then answers every question; ends with its parent. */
export function answerParent(answer: (question: unknown) => Promise<object>): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (question) => {
    answer(question).then(
      (message) => process.send?.(message),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.send?.({});
}
