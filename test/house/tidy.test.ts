// Habits that a machine can check, so that nobody has to remember them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { PRODUCT, ROOT, SOURCES, type Source } from './sources.ts';

const MAX_LINES = 500;

function offenders(sources: readonly Source[], isWrong: (source: Source) => boolean): string[] {
  return sources.filter(isWrong).map(({ file }) => file);
}

const PRODUCT_AND_TESTS = SOURCES.filter(({ file }) => !file.startsWith('test/data/'));

void test('a file opens with what it is for', () => {
  assert.deepEqual(
    offenders(PRODUCT_AND_TESTS, ({ file, text }) => !file.endsWith('.test.ts') && !text.startsWith('// ')),
    [],
  );
});

void test(`no file has more than ${MAX_LINES} lines`, () => {
  assert.deepEqual(
    offenders(PRODUCT_AND_TESTS, ({ text }) => text.split('\n').length > MAX_LINES + 1),
    [],
  );
});

void test('file names are kebab-case', () => {
  assert.deepEqual(
    offenders(
      PRODUCT_AND_TESTS,
      ({ file }) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.d)?\.ts$/.test(path.basename(file)),
    ),
    [],
  );
});

void test('nothing is left to do, and nothing is called utils', () => {
  const marker = new RegExp(String.raw`\b(?:TO${'DO'}|FIX${'ME'}|XX${'X'})\b`);
  assert.deepEqual(
    offenders(PRODUCT_AND_TESTS, ({ text }) => marker.test(text)),
    [],
  );
  assert.deepEqual(
    offenders(PRODUCT_AND_TESTS, ({ file }) => /(?:^|\/)(?:utils?|helpers?|common)(?:\.ts|\/)/.test(file)),
    [],
  );
});

void test('no any, no enum, no namespace, no barrel', () => {
  assert.deepEqual(
    offenders(
      PRODUCT_AND_TESTS,
      ({ text }) => /(?::|<|\bas) any\b/.test(text) || /^export (?:\*|enum|namespace) /m.test(text),
    ),
    [],
  );
});

// How far above an assertion its reason may stand: the same function, usually.
const REASON_LINES = 25;

/** Lines with a type assertion, but for `bytes[at] as number`, whose reason is the same everywhere: the place was checked. */
function assertions(text: string): number[] {
  return text.split('\n').flatMap((line, index) => {
    const code = line.replaceAll(/"[^"]*"|'[^']*'|`[^`]*`|\/\/.*$|^\s*\*.*$|^import .*$/g, '');
    return /[\w)\]}] as (?!const\b|number\b)[\w({[]/.test(code) && !/^\s*(?:type )?\w+ as \w+,?$/.test(code)
      ? [index]
      : [];
  });
}

void test('a type assertion stands beside the reason why it is safe', () => {
  const bare: string[] = [];
  for (const { file, text } of PRODUCT) {
    const lines = text.split('\n');
    for (const index of assertions(text)) {
      const before = lines.slice(Math.max(0, index - REASON_LINES), index + 1);
      if (!before.some((line) => /\/\/|\*\//.test(line))) bare.push(`${file}:${index + 1}`);
    }
  }
  assert.deepEqual(bare, []);
});

void test('the tree names no machine and no package address', () => {
  const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n').filter(Boolean);
  const machine = new RegExp(String.raw`(?:^|[^\w./-])/(?:wor${'k'}|roo${'t'}|far${'m'})/`);
  const hits: string[] = [];
  for (const file of files) {
    if (file.startsWith('test/data/') || /\.(?:png|bin|zst|gz)$/.test(file)) continue;
    let text: string;
    try {
      text = readFileSync(path.join(ROOT, file), 'utf8');
    } catch {
      // Deleted in the working tree, not yet in the index.
      continue;
    }
    if (machine.test(text)) hits.push(`${file}: a path of one machine`);
    if (/"resolved": "https?:/.test(text)) hits.push(`${file}: the address a package came from`);
  }
  assert.deepEqual(hits, []);
});
