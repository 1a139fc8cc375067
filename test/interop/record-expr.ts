// Records what github.com/expr-lang/expr answers to the expressions of test/data/expr and to seeded ones. Needs Go, and the
// module from its proxy or cache. Run: node test/interop/record-expr.ts

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedExpressions } from '../expr/generated.ts';

/** The version that collector-contrib v0.161 names. */
const VERSION = 'v1.17.8';
const GENERATED = 1_500;
/** Longer answers tell nothing more. */
const MAX_LINE = 2_000;

const data = fileURLToPath(new URL('../data/expr/', import.meta.url));
const lines = (file: string): string[] => readFileSync(path.join(data, file), 'utf8').split('\n');
const sources = new Set([...lines('expressions.txt'), ...lines('upstream.txt'), ...generatedExpressions(GENERATED)]);

const folder = mkdtempSync(path.join(os.tmpdir(), 'expr-'));
try {
  copyFileSync(path.join(data, 'record.go'), path.join(folder, 'main.go'));
  const go = (...args: readonly string[]): string =>
    execFileSync('go', args, {
      cwd: folder,
      encoding: 'utf8',
      input: JSON.stringify([...sources]),
      maxBuffer: 1 << 28,
    });
  go('mod', 'init', 'record');
  go('mod', 'edit', `-require=github.com/expr-lang/expr@${VERSION}`);
  go('mod', 'tidy');
  const answers = go('run', '.', path.join(data, 'environment.json'))
    .split('\n')
    .filter((line) => line.length < MAX_LINE)
    .join('\n');
  writeFileSync(path.join(data, 'answers.jsonl'), answers);
  console.log(`${answers.split('\n').length - 1} answers to ${sources.size} expressions`);
} finally {
  rmSync(folder, { recursive: true });
}
