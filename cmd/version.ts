// `genesis-agent version`.

import { parseArgs } from 'node:util';
import { VERSION } from '../pipeline/version.ts';
import type { Io } from './io.ts';

export async function run(args: readonly string[], io: Io): Promise<number> {
  parseArgs({ args: [...args], options: {} });
  io.stdout.write(`genesis-agent version ${VERSION}\n`);
  return 0;
}
