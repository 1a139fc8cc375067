// Watches a fuzzed parser from another thread: one that never returns can not be stopped from its own. When an input takes
// too long, it is printed and the process ends.

import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

export interface Watched {
  /** The input's number, its length (−1: nothing is being tried), then the input. */
  readonly head: SharedArrayBuffer;
  readonly input: SharedArrayBuffer;
  readonly target: string;
  readonly hangMs: number;
}

// Given by driver.ts, which sends nothing else.
const { head, input, target, hangMs } = workerData as Watched;
const numbers = new Int32Array(head);
let seen = -1;
let sinceMs = performance.now();

setInterval(() => {
  const current = Atomics.load(numbers, 0);
  const length = Atomics.load(numbers, 1);
  if (current !== seen || length < 0) {
    seen = current;
    sinceMs = performance.now();
    return;
  }
  if (performance.now() - sinceMs < hangMs) return;
  const bytes = Buffer.from(new Uint8Array(input, 0, length));
  writeSync(
    2,
    `${target} hangs; for regressions.ts:\n  { target: '${target}', input: '${bytes.toString('base64')}' },\n`,
  );
  process.kill(process.pid, 'SIGKILL');
}, 250);
