// The data plane beside the OpenTelemetry Collector: load from h2load, one configuration for both, a sink that counts
// what arrives, runs in turn. Run: npm run bench -- pipeline [--scenario grpc100,steady] [--runs 5] (bench/README.md).

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeBody } from './pipeline/bodies.ts';
import { QUEUES, type Queue } from './pipeline/configuration.ts';
import { ourContender, peerContender, type Contender } from './pipeline/contender.ts';
import { machine } from './pipeline/machine.ts';
import { measureOverload, type OverloadRun } from './pipeline/measure-overload.ts';
import { measureReady } from './pipeline/measure-ready.ts';
import { measureSteady, type SteadyRun } from './pipeline/measure-steady.ts';
import { measureThroughput, type ThroughputRun } from './pipeline/measure-throughput.ts';
import { median, table, type Row } from './pipeline/report.ts';
import { overloadRows, readyRow, securityCostRow, steadyRows, throughputRow } from './pipeline/rows.ts';
import { OVERLOAD, READY, SECURED, STEADY, THROUGHPUT } from './pipeline/scenarios.ts';
import { Sink } from './pipeline/sink-process.ts';

const ALL = [...[...THROUGHPUT, ...SECURED].map(({ name }) => name), STEADY.name, OVERLOAD.name, READY.name];

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', default: ALL.join(',') },
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '3' },
    queue: { type: 'string', default: QUEUES.join(',') },
    'overload-seconds': { type: 'string', default: String(OVERLOAD.seconds) },
    dist: { type: 'boolean', default: false },
    'ours-only': { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const chosen = values.scenario.split(',');
const unknown = chosen.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown scenario ${unknown.join(', ')}; there are ${ALL.join(', ')}\n`);
  process.exit(1);
}
const runs = Number(values.runs);
const seconds = Number(values.seconds);
const warmUpSeconds = Number(values['warm-up']);
const queues = QUEUES.filter((queue) => values.queue.split(',').includes(queue));

const ours = ourContender(values.dist ? 'dist' : 'source');
const peer = values['ours-only'] ? undefined : peerContender();
const contenders: readonly Contender[] = peer ? [ours, peer] : [ours];
if (!peer) console.log('No collector to compare with: OTELCOL is not set and bench/otelcol/build.sh has not run.');
const about = machine(peer);
console.log(Object.values(about).join('; '));

const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-pipeline-'));
const rows: Row[] = [];
const results: Record<string, unknown> = {};

/** One after the other in turn, so that whatever else the machine does hits both alike. */
async function inTurn<Result>(
  variants: readonly (Queue | undefined)[],
  times: number,
  measure: (contender: Contender, queue: Queue) => Promise<Result>,
): Promise<Result[]> {
  const all: Result[] = [];
  for (let run = 0; run < times; run++) {
    for (const queue of variants) {
      for (const contender of contenders) {
        const result = await measure(contender, queue ?? 'off');
        all.push(result);
        console.log(JSON.stringify(result));
      }
    }
  }
  return all;
}

function report(name: string, result: unknown, ...made: readonly Row[]): void {
  results[name] = result;
  rows.push(...made);
}

/** One scenario; where it fails the others are measured all the same, and the exit code says so. */
async function attempt(name: string, measure: () => Promise<void>): Promise<void> {
  if (!chosen.includes(name)) return;
  try {
    await measure();
  } catch (error) {
    process.exitCode = 1;
    console.log(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

try {
  await using sink = await Sink.start();
  for (const scenario of THROUGHPUT) {
    await attempt(scenario.name, async () => {
      const bodyFile = writeBody(folder, scenario);
      const all: ThroughputRun[] = await inTurn(queues, runs, (contender, queue) =>
        measureThroughput({ scenario, contender, queue, sink, bodyFile, warmUpSeconds, seconds }),
      );
      report(scenario.name, all, throughputRow(scenario, all));
    });
  }
  for (const scenario of SECURED) {
    await attempt(scenario.name, async () => {
      const bodyFile = writeBody(folder, scenario);
      const { secured: _, ...plain } = scenario;
      const without: ThroughputRun[] = [];
      const all: ThroughputRun[] = await inTurn(queues, runs, async (contender, queue) => {
        const common = { contender, queue, sink, bodyFile, warmUpSeconds, seconds };
        if (contender === ours) without.push(await measureThroughput({ ...common, scenario: plain }));
        return measureThroughput({ ...common, scenario });
      });
      report(
        scenario.name,
        [...all, ...without],
        throughputRow(scenario, all),
        securityCostRow(scenario, [...all, ...without]),
      );
    });
  }
  await attempt(STEADY.name, async () => {
    const bodyFile = writeBody(folder, { protocol: 'grpc', spans: STEADY.spans, gzip: false });
    const all: SteadyRun[] = await inTurn(queues, runs, (contender, queue) =>
      measureSteady({ contender, queue, sink, bodyFile, warmUpSeconds, seconds }),
    );
    report(STEADY.name, all, ...steadyRows(all));
  });
  await attempt(OVERLOAD.name, async () => {
    const all: OverloadRun[] = await inTurn([undefined], 1, (contender) =>
      measureOverload(contender, sink, Number(values['overload-seconds'])),
    );
    report(OVERLOAD.name, all, ...overloadRows(all));
  });
  await attempt(READY.name, async () => {
    const times: Record<string, number> = {};
    for (const contender of peer ? [ourContender('dist'), peer] : [ourContender('dist')]) {
      const all: number[] = [];
      for (let run = 0; run < runs; run++) all.push(await measureReady(contender, sink));
      times[contender.name] = median(all);
    }
    report(READY.name, times, readyRow(times));
  });
} finally {
  rmSync(folder, { recursive: true });
}

console.log(`\nmedian of ${runs}; otelcol: the better of ${queues.join(' and ')}\n${table(rows)}`);
if (values.out !== undefined) {
  const text = JSON.stringify({ machine: about, runs, seconds, warmUpSeconds, rows, results }, null, 2);
  writeFileSync(values.out, `${text}\n`);
}
