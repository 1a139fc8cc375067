// Reading files of /proc again and again into one buffer.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { ProcFile, readOnce } from '../../../receivers/host_metrics/proc-file.ts';
import { decodeUtf8 } from '../../../proto/otlp/text.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'proc-file-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const KERNEL = '/proc/sys/kernel/osrelease';

void test(
  'a file of /proc/sys can be read after a large table has been',
  { skip: process.platform !== 'linux' },
  () => {
    const large = path.join(folder, 'table');
    writeFileSync(large, new Uint8Array(9 << 20).fill(0x61));
    assert.equal(readOnce(large).length, 9 << 20);
    const file = new ProcFile(KERNEL, { isWhole: true });
    for (let round = 0; round < 2; round++) {
      const { bytes, length } = file.read();
      assert.equal(decodeUtf8(bytes, 0, length).trim(), os.release());
    }
    file.close();
  },
);

void test('a file that is larger than 32 MiB is refused', () => {
  const endless = path.join(folder, 'endless');
  writeFileSync(endless, new Uint8Array((32 << 20) + 1));
  assert.throws(() => readOnce(endless), /more than 33554432 bytes/);
});
