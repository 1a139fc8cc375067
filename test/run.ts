// Runs the tests: everything under test/ but the slow tier, or what the arguments name. `--slow` runs the slow tier only;
// other options are handed to node's test runner. A file whose report did not arrive whole fails the run.

import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FileReport } from './completeness-reporter.ts';

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
const namesReporter = options.some((option) => option.startsWith('--test-reporter='));
const namesDestination = options.some((option) => option.startsWith('--test-reporter-destination='));
const ledgerFolder = mkdtempSync(path.join(os.tmpdir(), 'genesis-tests-'));
const ledger = path.join(ledgerFolder, 'reports');

/** What is missing of the report of each file, in a sentence. Node says nothing where a file exits early or is cut off. */
function missingReports(): string[] {
  const lines = existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').filter(Boolean) : [];
  // Written by completeness-reporter.ts.
  const reports = new Map(lines.map((line) => JSON.parse(line) as FileReport).map((report) => [report.file, report]));
  return files.flatMap((file) => {
    const report = reports.get(file);
    const name = path.relative(root, file);
    if (report?.announced === undefined) {
      return [`${name} did not report to its end: no test in it, a process.exit(), or it was ended from outside`];
    }
    if (report.arrived === report.announced) return [];
    return [`${name} ran ${report.announced} tests, of which ${report.arrived} were reported`];
  });
}

// A file is a process: sockets, timers and flags of one can not reach another. The slow tier starts whole agents and
// measures, so its files run one at a time.
const child = spawn(
  process.execPath,
  [
    '--test',
    // A test that leaves something open fails where it is looked for, and must not hold the run up.
    '--test-force-exit',
    `--import=${pathToFileURL(path.join(root, 'test', 'whole-output.ts')).href}`,
    `--test-concurrency=${isSlow ? 1 : 2}`,
    `--test-timeout=${isSlow ? 600_000 : 60_000}`,
    ...(namesReporter ? [] : [`--test-reporter=${reporter}`]),
    ...(namesDestination ? [] : ['--test-reporter-destination=stdout']),
    ...options,
    `--test-reporter=${path.join(root, 'test', 'completeness-reporter.ts')}`,
    `--test-reporter-destination=${ledger}`,
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
);
child.on('exit', (code, signal) => {
  const missing = missingReports();
  rmSync(ledgerFolder, { recursive: true, force: true });
  if (missing.length > 0) process.stdout.write(`\n${missing.map((sentence) => `✖ ${sentence}\n`).join('')}`);
  process.exitCode = signal || missing.length > 0 ? code || 1 : (code ?? 1);
});
