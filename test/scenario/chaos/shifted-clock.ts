// Imported before the agent (`NODE_OPTIONS=--import`): its wall clock is off by what stands in a file, as after somebody set
// the machine's time. Monotonic time is left alone, as the kernel leaves it.

import { readFileSync } from 'node:fs';

const EVERY_MS = 50;
const file = process.env['CHAOS_CLOCK_FILE'];
const real = Date.now;
let shiftMs = 0;

function read(): void {
  if (file === undefined) return;
  const value = Number(readFileSync(file, 'utf8'));
  if (Number.isFinite(value)) shiftMs = value;
}

if (file !== undefined) {
  read();
  setInterval(read, EVERY_MS).unref();
  Date.now = () => real() + shiftMs;
}
