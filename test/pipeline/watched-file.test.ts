import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { AgentError } from '../../pipeline/errors.ts';
import { secretText, WatchedFile } from '../../pipeline/watched-file.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'watched-'));
after(() => rmSync(folder, { recursive: true }));

function watched(name: string) {
  const changes = Promise.withResolvers<string>();
  const failures: string[] = [];
  const file = new WatchedFile({
    path: path.join(folder, name),
    key: 'password_file',
    component: 'extension:test',
    parse: secretText,
    onChange: (value) => changes.resolve(value),
    onFailure: (error) => failures.push(String(error)),
    pollIntervalMs: 2,
  });
  after(() => file.close());
  return { file, changes: changes.promise, failures };
}

void test('a file that appears is found, and a failure is said once', async () => {
  const { file, changes, failures } = watched('later');
  await assert.rejects(
    file.start(),
    (error) =>
      error instanceof AgentError &&
      error.code === 'CREDENTIALS_FILE' &&
      /^can not use password_file .*later: there is no such file$/.test(error.message),
  );
  file.watch();
  while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(failures.length, 1);
  writeFileSync(path.join(folder, 'later'), ' secret \n');
  assert.equal(await changes, 'secret');
  assert.equal(file.value, 'secret');
});

void test('what Kubernetes does with links is seen, and the last good content stays', async () => {
  for (const [version, text] of [
    ['1', 'one'],
    ['2', 'two'],
  ] as const) {
    mkdirSync(path.join(folder, version));
    writeFileSync(path.join(folder, version, 'token'), text);
  }
  symlinkSync('1', path.join(folder, '..data'));
  symlinkSync(path.join('..data', 'token'), path.join(folder, 'token'));
  const { file } = watched('token');
  await file.start();
  assert.equal(file.value, 'one');
  symlinkSync('2', path.join(folder, '..new'));
  renameSync(path.join(folder, '..new'), path.join(folder, '..data'));
  await file.refresh();
  assert.equal(file.value, 'two');
  writeFileSync(path.join(folder, '2', 'token'), '');
  await assert.rejects(file.refresh(), /it is empty/);
  writeFileSync(path.join(folder, '2', 'token'), Buffer.alloc((4 << 20) + 1));
  await assert.rejects(file.refresh(), /has 4194305 bytes, more than the 4194304/);
  assert.equal(file.value, 'two');
});
