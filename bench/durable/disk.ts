// What the disk itself does: appends of one request's size, each made durable before the next.

import { open, rm } from 'node:fs/promises';
import path from 'node:path';

const REQUEST_BYTES = 36_500;
const PROBE_MS = 2000;

export async function syncsPerSecond(folder: string): Promise<number> {
  const name = path.join(folder, 'probe');
  const file = await open(name, 'w');
  const bytes = Buffer.alloc(REQUEST_BYTES, 7);
  let count = 0;
  const started = performance.now();
  while (performance.now() - started < PROBE_MS) {
    await file.write(bytes, 0, bytes.length, count * bytes.length);
    await file.datasync();
    count += 1;
  }
  const seconds = (performance.now() - started) / 1000;
  await file.close();
  await rm(name);
  return count / seconds;
}
