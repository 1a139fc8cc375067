// All checks in one command: types, lint, format, dead code, import rules, tidiness, and that generated docs are fresh.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const CHECKS: readonly Check[] = [
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'lint', command: ['oxlint'] },
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'dead code', command: ['knip'] },
  { name: 'imports and tidiness', command: ['node', 'test/run.ts', 'test/house'] },
  { name: 'docs', command: ['node', 'cmd/scripts/docs.ts', '--check'] },
];

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly output: string;
}

function runCheck({ name, command }: Check): Promise<Outcome> {
  const [program = '', ...args] = command;
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const add = (part: Buffer): void => {
      output += part.toString();
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    const finish = (ok: boolean): void => resolve({ name, ok, seconds: (performance.now() - started) / 1000, output });
    child.on('error', (error) => {
      output += String(error);
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}

const only = process.argv.slice(2);
let failed = false;
for (const check of CHECKS) {
  if (only.length > 0 && !only.includes(check.name)) continue;
  const { name, ok, seconds, output } = await runCheck(check);
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)\n`);
  if (!ok) {
    failed = true;
    process.stdout.write(`${output.trimEnd()}\n`);
  }
}
process.exitCode = failed ? 1 : 0;
