// Loaded before every test file: what it reports is written when it is written. A pipe's writes otherwise wait for whoever
// reads, and `--test-force-exit` ends the process before the last of them: tests went missing from the report unnoticed.

import { isMainThread } from 'node:worker_threads';

interface Handle {
  setBlocking?(blocking: boolean): number;
}

if (isMainThread) {
  for (const stream of [process.stdout, process.stderr]) {
    // Node has no other way to make a pipe's writes synchronous; where the handle is none (a file, a worker), they are.
    (Reflect.get(stream, '_handle') as Handle | null | undefined)?.setBlocking?.(true);
  }
}
