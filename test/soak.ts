// `npm run soak -- [--times N] [--seed S] [file or folder …]`: runs the seeded tests for N times (10) as long as the slow
// tier does, from another seed each time, and writes what came of it to .cache/soak/<date>.json. Without names it runs all
// of test/soak and every slow test that takes its budget from support/budget.ts; a new one takes part by doing so.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));
const started = new Date();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const times = Number(values.times);
const seed = Number(values.seed ?? Math.floor(started.getTime() / 1000));
if (!(times > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('usage: npm run soak -- [--times N] [--seed S] [file or folder …]\n');
  process.exit(2);
}

const folder = path.join(root, '.cache', 'soak');
mkdirSync(folder, { recursive: true });
const resultFile = path.join(folder, `${started.toISOString().replaceAll(/[:.]/g, '-')}.json`);
const figuresFile = `${resultFile}.figures`;

function testsUnder(place: string): string[] {
  const full = path.resolve(root, place);
  if (existsSync(full) && statSync(full).isFile()) return [full];
  return globSync('**/*.test.ts', { cwd: full }).map((file) => path.join(full, file));
}

const seeded = (file: string): boolean => readFileSync(file, 'utf8').includes('support/budget.ts');
const files = (
  positionals.length > 0
    ? positionals.flatMap(testsUnder)
    : [...testsUnder('test/soak'), ...testsUnder('test/slow').filter(seeded)]
).toSorted();

interface FileResult {
  readonly file: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly figures: readonly unknown[];
}

/** A file at a time: they measure, and each may use the whole machine. */
async function runFile(file: string): Promise<FileResult> {
  const begun = performance.now();
  const env = { ...process.env, SOAK_TIMES: String(times), TEST_SEED: String(seed), SOAK_FIGURES: figuresFile };
  // Whoever does something for N times as long says how long that may take.
  const args = [path.join(root, 'test', 'run.ts'), '--test-timeout=2147483647', file];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  const passed = await new Promise<boolean>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0));
  });
  const lines = existsSync(figuresFile) ? readFileSync(figuresFile, 'utf8').trim().split('\n') : [];
  rmSync(figuresFile, { force: true });
  return {
    file: path.relative(root, file),
    passed,
    seconds: Math.round((performance.now() - begun) / 1000),
    figures: lines.map((line): unknown => JSON.parse(line)),
  };
}

const results: FileResult[] = [];
for (const file of files) {
  results.push(await runFile(file));
  // After each, so that a run that is interrupted leaves what it has.
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const machine = `${os.cpus()[0]?.model ?? 'unknown'} × ${os.availableParallelism()}`;
  const result = {
    started: started.toISOString(),
    commit,
    node: process.version,
    machine,
    times,
    seed,
    files: results,
  };
  writeFileSync(resultFile, `${JSON.stringify(result, null, 2)}\n`);
}
process.stdout.write(`${path.relative(root, resultFile)}\n`);
if (results.length === 0 || results.some(({ passed }) => !passed)) process.exitCode = 1;
