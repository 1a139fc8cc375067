// Files of /proc and /sys full of what does not belong there: every scraper says what it misses and gives only numbers.

import assert from 'node:assert/strict';
import { cpSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { BootTime } from '../../../receivers/host_metrics/boot-time.ts';
import { config } from '../../../receivers/host_metrics/config.ts';
import { linuxInventory } from '../../../receivers/host_metrics/inventory-linux.ts';
import { Problems } from '../../../receivers/host_metrics/problems.ts';
import { ProcessTable } from '../../../receivers/host_metrics/process-table.ts';
import { createScrapers } from '../../../receivers/host_metrics/scrapers.ts';
import { comparableScrapers, tree } from '../../receivers/host_metrics/host.ts';
import { flatPoints } from '../../support/flat-metrics.ts';
import { fuzz } from './driver.ts';
import { mutateText } from './mutate.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'host-fuzz-'));
after(() => rmSync(root, { recursive: true, force: true }));
cpSync(tree('machine'), root, { recursive: true });
cpSync(tree('cgroup-v2'), root, { recursive: true });

const FILES = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => lstatSync(path.join(root, name)).isFile())
  .toSorted();
const CONTENTS = FILES.map((name) => readFileSync(path.join(root, name), 'utf8'));
const WORDS = [
  '9'.repeat(400),
  ...'0 -1 1e9 18446744073709551615 . 0.5 : max ( ) cpu cpu99999999 btime kB total= Tcp: \\040 \\999 üüüü'.split(' '),
  ...'\t,\n,\n\n, ,\0'.split(','),
];
const QUIET = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // What it says is of no interest here.
}

const STATS = Promise.resolve(await statfs('/'));
const problems = new Problems(QUIET, 'any');
const boot = new BootTime(root, problems);
const processes = new ProcessTable(`${root}/proc`);
const settings = config.parse({
  root_path: root,
  scrapers: {
    ...comparableScrapers(),
    cgroup: { paths: ['/system.slice/web.service'] },
    filesystem: { include_virtual_filesystems: true },
    nfs: {},
    pressure: {},
    system: {},
  },
});
let nowMs = Date.UTC(2026, 0, 2);
const scrapers = createScrapers(settings).map(({ create }) =>
  create({
    root,
    conventions: 'collector',
    log: QUIET,
    problems,
    now: () => nowMs,
    bootUnixNano: () => boot.unixNano(),
    processes,
    statfs: () => STATS,
    mountTimeoutMs: 1_000,
  }),
);
after(() => {
  for (const scraper of scrapers) scraper.close();
  processes.close();
});
const writer = new MetricWriter();

void test('files of /proc and /sys', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'proc-files',
      /** Which file, in the first byte, and what it holds. */
      make(random) {
        const index = random.below(FILES.length);
        const text = random.chance(0.03) ? '' : mutateText(CONTENTS[index] ?? '', random, WORDS, CONTENTS);
        return Buffer.concat([Buffer.of(index), Buffer.from(text)]);
      },
      async try(input) {
        const index = (input[0] ?? 0) % FILES.length;
        const file = path.join(root, FILES[index] ?? '');
        writeFileSync(file, input.subarray(1));
        nowMs += 1_000;
        processes.startScrape();
        try {
          for (const scraper of scrapers) {
            await scraper.read();
            scraper.write(writer);
          }
          for (const { name, value, isMonotonic } of flatPoints(writer.finish())) {
            assert.ok(Number.isFinite(value), `${name} is ${value}`);
            assert.ok(!isMonotonic || value >= 0, `${name} is ${value}`);
          }
          await linuxInventory(root, AbortSignal.timeout(5_000));
          return problems.settle() > 0 ? 'refused' : 'accepted';
        } finally {
          writeFileSync(file, CONTENTS[index] ?? '');
        }
      },
    },
    20,
  ),
);
