// The values of host_metrics, of the collector's receiver of that name and of node_exporter, in one run on this machine, as
// the table of docs/host-metrics.md. Run: node bench/host-values.ts [--write]; the collector is the one OTELCOL names, built
// with hostmetricsreceiver and fileexporter.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { scrape } from '../test/receivers/host_metrics/host.ts';
import { flatPointsOf, type FlatPoint } from '../test/support/flat-metrics.ts';
import {
  COMPARED_SCRAPERS,
  isWithin,
  pairsOf,
  pointOf,
  scrapeNodeExporter,
  startNodeExporter,
  type Pair,
} from '../test/support/node-exporter.ts';
import { nodeExporter } from '../test/support/peers.ts';
import { peerContender, startContender } from './pipeline/contender.ts';

const { values: options } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const PAGE = fileURLToPath(new URL('../docs/host-metrics.md', import.meta.url));
const [BEGIN, END] = ['<!-- values: node bench/host-values.ts --write -->', '<!-- end of values -->'];
/** A collector that has not scraped by then does not. */
const PATIENCE_MS = 10_000;

interface Run {
  readonly before: ReadonlyMap<string, number>;
  readonly ours: readonly FlatPoint[];
  /** Empty where there is no collector. */
  readonly collectors: readonly FlatPoint[];
  readonly after: ReadonlyMap<string, number>;
}

/** Points of the file exporter's lines, all of which are of after `sinceMs`; one scrape comes as one line. */
async function collectorsSince(file: string, sinceMs: number): Promise<readonly FlatPoint[]> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
      // OTLP/JSON as the exporter writes it.
      const points = flatPointsOf(JSON.parse(line) as object);
      if (points.every(({ timeUnixNano }) => Number(BigInt(timeUnixNano) / 1_000_000n) > sinceMs)) return points;
    }
    await sleep(20);
  }
  throw new Error('the collector does not scrape');
}

async function run(port: number, file: string | undefined): Promise<Run> {
  const before = await scrapeNodeExporter(port);
  const sinceMs = Date.now();
  const ours = await scrape({ scrapers: { ...COMPARED_SCRAPERS, pressure: {} } });
  const collectors = file === undefined ? [] : await collectorsSince(file, sinceMs);
  return { before, ours, collectors, after: await scrapeNodeExporter(port) };
}

/** The first CPU, and the disk, filesystem and interface but loopback with the largest figure: the others are alike. */
function isShown({ attributes = {} }: Pair, points: readonly FlatPoint[]): boolean {
  const { cpu, device } = attributes;
  if (cpu !== undefined) return cpu === 'cpu0';
  if (device === undefined) return true;
  return ['system.disk.io', 'system.network.io', 'system.filesystem.usage'].some((name) => {
    const [largest] = points
      .filter((one) => one.name === name && one.attributes['device'] !== 'lo')
      .toSorted((a, b) => b.value - a.value);
    return largest?.attributes['device'] === device;
  });
}

function table({ before, ours, collectors, after }: Run): { readonly rows: string; readonly wrong: number } {
  const rows: string[] = [];
  let wrong = 0;
  for (const pair of pairsOf(ours)) {
    const [low, high] = [before.get(pair.series), after.get(pair.series)];
    const own = pointOf(ours, pair);
    if (low === undefined || high === undefined || !own) continue;
    const verdict = isWithin(pair.kind, own.value, low, high) ? 'equal' : 'differs';
    if (verdict === 'differs') wrong++;
    if (verdict === 'equal' && !isShown(pair, ours)) continue;
    const peers = pointOf(collectors, pair);
    const attributes = Object.entries(pair.attributes ?? {}).map(([key, value]) => `${key}=${value}`);
    rows.push(
      `| \`${pair.name}\` ${attributes.join(', ')} | ${own.value} | ${peers?.value ?? ''} | ${low === high ? low : `${low} … ${high}`} | \`${pair.series}\` | ${verdict} |`,
    );
  }
  return { rows: rows.join('\n'), wrong };
}

const exporter = nodeExporter();
if (exporter.skip !== false) throw new Error(exporter.skip);
const folder = mkdtempSync(path.join(os.tmpdir(), 'host-values-'));
const peer = peerContender();
const file = path.join(folder, 'metrics.json');
const { memory, network, ...rest } = COMPARED_SCRAPERS;
const collector =
  peer &&
  (await startContender(peer, {
    receivers: {
      host_metrics: { collection_interval: '300ms', initial_delay: '0s', scrapers: { ...rest, memory, network } },
    },
    exporters: { file: { path: file, flush_interval: '20ms' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['host_metrics'], exporters: ['file'] } },
    },
  }).catch((error: unknown) => {
    console.error(`without the collector, which does not start: ${String(error).slice(0, 300)}`);
    return undefined;
  }));
try {
  await using started = await startNodeExporter(exporter.program);
  // Memory of a busy machine may move by more than a per cent between two readings, and come back.
  let result = table(await run(started.port, collector && file));
  for (let round = 0; round < 9 && result.wrong > 0; round++)
    result = table(await run(started.port, collector && file));
  const text = `| host_metrics | here | the collector's | node_exporter before and after | its series | |\n|---|---|---|---|---|---|\n${result.rows}`;
  console.log(text);
  if (options.write) {
    const page = readFileSync(PAGE, 'utf8');
    const [start, end] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)];
    if (start < BEGIN.length || end < 0) throw new Error(`docs/host-metrics.md has no ${BEGIN} … ${END}`);
    writeFileSync(PAGE, `${page.slice(0, start)}\n\n${text}\n\n${page.slice(end)}`);
  }
} finally {
  await collector?.stop();
  rmSync(folder, { recursive: true, force: true });
}
