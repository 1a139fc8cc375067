// `genesis-agent version`.

import { VERSION } from '../pipeline/version.ts';
import type { Io } from './io.ts';

export function run(_args: readonly string[], io: Io): Promise<number> {
  io.stdout.write(`genesis-agent version ${VERSION}\n`);
  return Promise.resolve(0);
}
