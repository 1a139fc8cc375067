// Runs the tests: everything under test/ but the slow tier, or what the arguments name. `--slow` runs the slow tier only;
// other options are handed to node's test runner.

import { spawn } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const args = process.argv.slice(2);
const isSlow = args.includes('--slow');
const options = args.filter((arg) => arg.startsWith('--') && arg !== '--slow');
const named = args.filter((arg) => !arg.startsWith('--'));

function filesUnder(place: string): string[] {
  const full = path.resolve(root, place);
  if (existsSync(full) && statSync(full).isFile()) return [full];
  return globSync('**/*.test.ts', { cwd: full }).map((file) => path.join(full, file));
}

/** The slow tier also repeats what can be compared with a running collector, where there is one. */
const SLOW = process.env['OTELCOL'] === undefined ? ['test/slow'] : ['test/slow', 'test/interop'];

const slowFolder = path.join(root, 'test', 'slow') + path.sep;
const files = (named.length > 0 ? named : isSlow ? SLOW : ['test'])
  .flatMap(filesUnder)
  .filter((file) => named.length > 0 || isSlow || !file.startsWith(slowFolder))
  .toSorted();

if (files.length === 0) {
  process.stderr.write(`no tests in ${named.join(', ')}\n`);
  process.exit(1);
}

// Every test where somebody looks at a few, one page where all run.
const reporter = named.length > 0 ? 'spec' : path.join(root, 'test', 'short-reporter.ts');

// A file is a process: sockets, timers and flags of one can not reach another. The slow tier starts whole agents and
// measures, so its files run one at a time.
const child = spawn(
  process.execPath,
  [
    '--test',
    // A test that leaves something open fails where it is looked for, and must not hold the run up.
    '--test-force-exit',
    `--test-concurrency=${isSlow ? 1 : 2}`,
    `--test-timeout=${isSlow ? 600_000 : 60_000}`,
    ...(options.some((option) => option.startsWith('--test-reporter')) ? [] : [`--test-reporter=${reporter}`]),
    ...options,
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
);
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});
