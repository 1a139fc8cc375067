// `genesis-agent explain CODE`: what an error code means and how to mend it.

import { parseArgs } from 'node:util';
import { nearestName } from '../pipeline/config/nearest.ts';
import { ERROR_CODES, type ErrorCode } from '../pipeline/error-codes.ts';
import type { Io } from './io.ts';

export async function run(args: readonly string[], io: Io): Promise<number> {
  const [given] = parseArgs({ args: [...args], options: {}, allowPositionals: true }).positionals;
  if (given === undefined) {
    for (const [code, { summary }] of Object.entries(ERROR_CODES)) io.stdout.write(`${code.padEnd(32)} ${summary}\n`);
    return 0;
  }
  const code = given.toUpperCase().replaceAll('-', '_');
  if (!isErrorCode(code)) {
    const near = nearestName(code, Object.keys(ERROR_CODES));
    const hint = near === undefined ? 'run `genesis-agent explain` for all of them' : `did you mean ${near}?`;
    io.stderr.write(`there is no error code "${given}"; ${hint}\n`);
    return 1;
  }
  const { summary, explanation } = ERROR_CODES[code];
  io.stdout.write(`${code}: ${summary}\n\n${explanation}\n`);
  return 0;
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}
