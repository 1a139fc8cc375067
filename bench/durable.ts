// The queue on disk beside the collector's: acknowledged spans a second with every answer after a sync, each agent on one
// core, the load on another. Run: npm run bench -- durable [--runs 3] (bench/README.md).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { syncsPerSecond } from './durable/disk.ts';
import { measureDurable, type DurableRun } from './durable/measure.ts';
import { writeBody } from './pipeline/bodies.ts';
import { ourContender, peerContender } from './pipeline/contender.ts';
import { machine } from './pipeline/machine.ts';
import { median, short, table, type Row } from './pipeline/report.ts';
import { Sink } from './pipeline/sink-process.ts';

const SPANS = 100;
const MUST_SPANS_PER_SECOND = 100_000;
const MUST_RATIO = 2;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '3' },
    fsync: { type: 'string', default: 'true' },
    directory: { type: 'string', default: os.tmpdir() },
    dist: { type: 'boolean', default: false },
    'ours-only': { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const fsync = values.fsync !== 'false';

const peer = values['ours-only'] ? undefined : peerContender();
const contenders = [ourContender(values.dist ? 'dist' : 'source'), ...(peer ? [peer] : [])];
if (!peer) console.log('No collector to compare with: OTELCOL is not set and bench/otelcol/build.sh has not run.');
console.log(Object.values(machine(peer)).join('; '));

// What loads and counts must not take the agents' core; children inherit it.
const isPinned = os.cpus().length > 1;
if (isPinned) execFileSync('taskset', ['--cpu-list', '--pid', '1', String(process.pid)]);

const folder = mkdtempSync(path.join(values.directory, 'bench-durable-'));
const all: DurableRun[] = [];
const disk: number[] = [];
try {
  await using sink = await Sink.start();
  const bodyFile = writeBody(folder, { protocol: 'grpc', spans: SPANS, gzip: false });
  for (let run = 0; run < Number(values.runs); run += 1) {
    const diskSyncsPerSecond = await syncsPerSecond(folder);
    disk.push(diskSyncsPerSecond);
    console.log(
      `the disk: ${diskSyncsPerSecond.toFixed(0)} appends of a request a second, each with fdatasync, one after the other`,
    );
    for (const contender of contenders) {
      const result = await measureDurable({
        contender,
        fsync,
        sink,
        bodyFile,
        folder,
        spans: SPANS,
        isPinned,
        warmUpSeconds: Number(values['warm-up']),
        seconds: Number(values.seconds),
      });
      all.push({ ...result, diskSyncsPerSecond });
      console.log(JSON.stringify(all.at(-1)));
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

const rows = [acknowledged(), lost()];
console.log(
  `\nmedian of ${values.runs}; fsync: ${fsync}; the disk: ${median(disk).toFixed(0)} syncs/s\n${table(rows)}`,
);
if (values.out !== undefined)
  writeFileSync(values.out, `${JSON.stringify({ machine: machine(peer), all }, null, 2)}\n`);

function medianOf(agent: DurableRun['agent'], figure: (run: DurableRun) => number): number {
  return median(all.filter((run) => run.agent === agent).map(figure));
}

function acknowledged(): Row {
  const ours = medianOf('genesis-agent', (run) => run.spansPerSecond);
  const theirs = peer ? medianOf('otelcol', (run) => run.spansPerSecond) : undefined;
  const ratio = theirs === undefined ? undefined : ours / theirs;
  return {
    what: 'acknowledged spans/s on one core',
    ours: short(ours),
    peer: theirs === undefined ? '' : short(theirs),
    ratio: ratio === undefined ? '' : ratio.toFixed(2),
    must: `>= ${short(MUST_SPANS_PER_SECOND)}, ratio >= ${MUST_RATIO}`,
    aim: '',
    reached: ours >= MUST_SPANS_PER_SECOND && (ratio === undefined || ratio >= MUST_RATIO),
  };
}

function lost(): Row {
  const ours = medianOf('genesis-agent', (run) => run.lostSpans);
  return {
    what: 'acknowledged and not delivered',
    ours: String(ours),
    peer: peer ? String(medianOf('otelcol', (run) => run.lostSpans)) : '',
    ratio: '',
    must: '<= 0',
    aim: '',
    reached: ours <= 0,
  };
}
