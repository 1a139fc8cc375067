// MB a second of CPU time that pages of targets are read and made into OTLP, beside a loop over their bytes and, where Go is
// there, Prometheus' own parser in the same run. Run: node bench/prometheus-pages.ts

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TextReader } from '../proto/prometheus/text-reader.ts';
import { PageRun } from '../receivers/prometheus/conversion/page-run.ts';
import { TargetSeries } from '../receivers/prometheus/conversion/target-series.ts';
import { testContext } from '../test/support/context.ts';
import { CONVERSION, shopTarget } from '../test/support/prometheus/conversion.ts';
import { ChangingPage } from './prometheus-scrape/page.ts';

const ROUNDS = 5;
const BYTES = 30_000_000;
const PEER = 'github.com/prometheus/prometheus@v0.314.0';
const DATA = path.join(import.meta.dirname, '../test/data/prometheus-textparse');
const MEDIA_TYPES = { text: 'text/plain', openmetrics: 'application/openmetrics-text' } as const;

interface Page {
  readonly name: string;
  readonly format: 'text' | 'openmetrics';
  readonly bytes: Buffer;
}

const PAGES: readonly Page[] = [
  { name: '237 families, text', format: 'text', bytes: readFileSync(path.join(DATA, 'alltypes.237mfs.prom.txt')) },
  { name: '1,000 series of a service, text', format: 'text', bytes: new ChangingPage(1_000).bytes },
  {
    name: '5 families, OpenMetrics',
    format: 'openmetrics',
    bytes: readFileSync(path.join(DATA, 'alltypes.5mfs.om.txt')),
  },
];

const TARGET = { ...shopTarget(), scrapeNativeHistograms: false };

/** Median MB a second of CPU time. */
function rate(page: Page, run: () => void): number {
  const times = Math.ceil(BYTES / page.bytes.length);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    for (let time = 0; time < times; time++) run();
    const { user, system } = process.cpuUsage(start);
    rates.push((times * page.bytes.length) / (user + system));
  }
  return rates.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
}

let sink = 0;

/** Every byte looked at once. */
function lineFeeds(bytes: Uint8Array): void {
  // Safe: below the length.
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) === 0x0a) sink++;
}

function readAll({ bytes, format }: Page): void {
  const reader = new TextReader(bytes, format);
  for (let entry = reader.next(); entry !== 'end'; entry = reader.next()) sink += reader.labelCount;
}

function converting({ bytes, format }: Page): () => void {
  const { context } = testContext({ kind: 'receiver', id: 'prometheus' });
  const run = new PageRun({ name: 'receiver', version: '1', schemaUrl: '', attributes: [] }, false);
  const series = new TargetSeries(TARGET, CONVERSION, run, context.log);
  let timeMs = 1_700_000_000_000;
  return () => {
    timeMs += 15_000;
    const counts = series.convert(bytes, MEDIA_TYPES[format], timeMs);
    const report = { isUp: true, durationSeconds: 0.25, bodyBytes: bytes.length, ...counts };
    sink += series.finish(report, timeMs).points;
  };
}

/** The peer's figures, two a page; none without Go. */
function theirs(): readonly number[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pages-bench-'));
  try {
    copyFileSync(path.join(import.meta.dirname, 'prometheus-pages', 'main.go'), path.join(folder, 'main.go'));
    const pages = PAGES.flatMap(({ format, bytes }, index) => {
      const file = path.join(folder, `${index}.txt`);
      writeFileSync(file, bytes);
      return [MEDIA_TYPES[format], file];
    });
    let output = '';
    for (const args of [
      ['mod', 'init', 'bench'],
      ['get', PEER],
      ['mod', 'tidy'],
      ['run', '.', ...pages],
    ]) {
      const { status, stdout } = spawnSync('go', args, { cwd: folder, encoding: 'utf8' });
      if (status !== 0) return [];
      output = stdout;
    }
    return output.split('\n').filter(Boolean).map(Number);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const peer = theirs();
console.log(
  `MB a second of CPU time, garbage collection included, median of ${ROUNDS}; node ${process.version}, load ${os.loadavg()[0]?.toFixed(1)}`,
);
for (const [index, page] of PAGES.entries()) {
  const [alone, withLabels] = peer.slice(index * 2);
  const figures = {
    'a loop over the bytes': rate(page, () => lineFeeds(page.bytes)),
    read: rate(page, () => readAll(page)),
    'read by Prometheus': alone,
    'read by Prometheus, with labels': withLabels,
    'read and made into OTLP': rate(page, converting(page)),
  };
  console.log(`${page.name}, ${page.bytes.length} bytes`);
  for (const [name, figure] of Object.entries(figures)) {
    console.log(`  ${name}: ${figure === undefined ? 'without Go there is none' : figure.toFixed(0)}`);
  }
}
console.log(sink > 0 ? '' : 'nothing was read');
