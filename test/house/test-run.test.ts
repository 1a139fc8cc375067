// A run of tests that did not report everything fails, whatever the runner itself makes of it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { ROOT } from './sources.ts';

async function run(
  context: TestContext,
  files: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<{ readonly code: number | null; readonly output: string }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'genesis-run-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const paths = Object.entries(files).map(([name, text]) => {
    const file = path.join(folder, name);
    writeFileSync(file, `import { describe, it, test } from 'node:test';\n${text}\n`);
    return file;
  });
  // Without what this file's own runner told it, or the inner run would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [path.join(ROOT, 'test', 'run.ts'), ...options, ...paths], { env });
  let output = '';
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString();
  });
  child.stderr.on('data', (part: Buffer) => {
    output += part.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, output };
}

const WHOLE = `
  describe('suite', () => {
    it('plain', () => {});
    it.skip('skipped', () => {});
    it.todo('to come');
    it('with one inside', async (t) => { await t.test('inside', () => {}); });
  });`;

void test('whole reports pass, with suites, skipped tests and a server that is left open', async (t) => {
  const { code, output } = await run(t, {
    'a.test.mjs': WHOLE,
    'b.test.mjs': `import { createServer } from 'node:net';\ncreateServer().listen(0);\ntest('open', () => {});`,
  });
  assert.equal(code, 0, output);
});

void test('a file whose process ends in the middle fails the run', async (t) => {
  const { code, output } = await run(t, {
    'a.test.mjs': WHOLE,
    'b.test.mjs': `test('one', () => {});\ntest('two', () => { process.exit(0); });\ntest('three', () => {});`,
  });
  assert.equal(code, 1, output);
  assert.match(output, /b\.test\.mjs did not report to its end/);
  assert.doesNotMatch(output, /a\.test\.mjs did not/);
});

void test('a file without tests fails the run', async (t) => {
  const { code, output } = await run(t, { 'a.test.mjs': 'void [describe, it, test];' });
  assert.equal(code, 1, output);
  assert.match(output, /a\.test\.mjs did not report to its end/);
});

void test('results that get lost on the way fail the run', async (t) => {
  const lossy = `const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (part, ...rest) => String(part).includes('the lost one') ? true : write(part, ...rest);
    test('the lost one', () => {});
    test('another', () => {});`;
  const { code, output } = await run(t, { 'a.test.mjs': lossy });
  assert.equal(code, 1, output);
  assert.match(output, /a\.test\.mjs ran 2 tests, of which 1 were reported/);
});

void test('a file that reports more than a pipe holds is counted to the last test', async (t) => {
  const many = `import { createServer } from 'node:net';
    createServer().listen(0);
    for (let i = 0; i < 300; i++) test('x'.repeat(1000) + i, () => {});`;
  const { code, output } = await run(t, { 'a.test.mjs': many }, '--test-reporter=tap');
  assert.equal(code, 0, output.slice(-1000));
  assert.match(output, /^# pass 300$/m);
});

void test('a file of which a pattern chooses nothing is whole', async (t) => {
  const { code, output } = await run(t, { 'a.test.mjs': WHOLE }, '--test-name-pattern=^nothing$');
  assert.equal(code, 0, output);
});

void test('a failure stays one', async (t) => {
  const { code, output } = await run(t, { 'a.test.mjs': `test('bad', () => { throw new Error('bad luck'); });` });
  assert.equal(code, 1, output);
  assert.match(output, /bad luck/);
  assert.doesNotMatch(output, /did not report/);
});
