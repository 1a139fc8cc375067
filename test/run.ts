// Runs the tests: everything under test/ but the slow tier, or what the arguments name. `--slow` runs the slow tier only.

import { spawn } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const args = process.argv.slice(2);
const isSlow = args.includes('--slow');
const named = args.filter((arg) => !arg.startsWith('--'));

function filesUnder(place: string): string[] {
  const full = path.resolve(root, place);
  if (existsSync(full) && statSync(full).isFile()) return [full];
  return globSync('**/*.test.ts', { cwd: full }).map((file) => path.join(full, file));
}

const slowFolder = path.join(root, 'test', 'slow') + path.sep;
const files = (named.length > 0 ? named : [isSlow ? 'test/slow' : 'test'])
  .flatMap(filesUnder)
  .filter((file) => named.length > 0 || isSlow || !file.startsWith(slowFolder))
  .toSorted();

if (files.length === 0) {
  process.stderr.write(`no tests in ${named.join(', ')}\n`);
  process.exit(1);
}

// A file is a process: sockets, timers and flags of one can not reach another. The slow tier starts whole agents and
// measures, so its files run one at a time.
const child = spawn(
  process.execPath,
  [
    '--test',
    `--test-concurrency=${isSlow ? 1 : 2}`,
    `--test-timeout=${isSlow ? 600_000 : 60_000}`,
    '--test-reporter=spec',
    ...args.filter((arg) => arg.startsWith('--') && arg !== '--slow'),
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
);
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});
