// Starts a further data thread: it runs this same program, which sees by its data that it is one. So the sources, dist/ and
// the single executable need no second entry.

import { getAsset, isSea } from 'node:sea';
import { Worker } from 'node:worker_threads';
import type { DataThreadSetup } from '../pipeline/threads/messages.ts';

/** The name under which the single executable carries its own program (cmd/scripts/build.ts). */
const PROGRAM_ASSET = 'program.cjs';

export function spawnDataThread(setup: DataThreadSetup): Worker {
  const options = { workerData: setup, name: `data-${setup.thread}` };
  if (isSea()) return new Worker(getAsset(PROGRAM_ASSET, 'utf8'), { ...options, eval: true });
  const [, program = ''] = process.argv;
  return new Worker(program, options);
}

/** Whether a thread's `workerData` says that it is a data thread. */
export function isDataThread(data: unknown): data is DataThreadSetup {
  return typeof data === 'object' && data !== null && 'dataThread' in data;
}
