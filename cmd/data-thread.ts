// A further data thread of `service.workers`: the same program, started again inside the process.

import { parentPort } from 'node:worker_threads';
import { runDataThread } from '../pipeline/threads/data-thread.ts';
import type { DataThreadSetup } from '../pipeline/threads/messages.ts';
import { sampleTraceIds } from '../proto/trace-ids.ts';
import { registry } from './registry.ts';

export function start(setup: DataThreadSetup): void {
  if (!parentPort) throw new Error('a data thread was started outside a thread');
  runDataThread({ setup, port: parentPort, registry, sampleTraceIds });
}
