// Records what the OpenTelemetry Collector's host_metrics receiver makes of test/data/host-metrics/machine, for the test that
// compares ours with it: OTELCOL=… node test/interop/record-host-metrics.ts. The collector has to have hostmetricsreceiver.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { comparableScrapers } from '../receivers/host_metrics/host.ts';
import { flatPointsOf, type FlatPoint } from '../support/flat-metrics.ts';

/** What the collector makes of a tree, with these scrapers' settings. */
async function collectorPoints(root: string, scrapers: object): Promise<readonly FlatPoint[]> {
  const collector = process.env['OTELCOL'];
  if (collector === undefined) throw new Error('OTELCOL must name an OpenTelemetry Collector v0.161');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'record-host-metrics-'));
  const output = path.join(folder, 'out.json');
  const configuration = {
    receivers: { host_metrics: { initial_delay: '0s', root_path: root, scrapers } },
    exporters: { file: { path: output, flush_interval: '100ms' } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['host_metrics'], exporters: ['file'] } },
    },
  };
  const file = path.join(folder, 'configuration.yaml');
  writeFileSync(file, JSON.stringify(configuration));
  const child = spawn(collector, ['--config', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    for (let turn = 0; turn < 100; turn++) {
      await sleep(100);
      const text = existsSync(output) ? readFileSync(output, 'utf8') : '';
      if (text.includes('\n')) return flatPointsOf(JSON.parse(text.split('\n')[0] ?? '') as object);
    }
    throw new Error('the collector wrote nothing');
  } finally {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
    rmSync(folder, { recursive: true });
  }
}

const folder = fileURLToPath(new URL('../data/host-metrics/', import.meta.url));
const points = await collectorPoints(path.join(folder, 'machine'), comparableScrapers());
const lines = points.map((point) => JSON.stringify({ ...point, timeUnixNano: '0' })).toSorted();
writeFileSync(path.join(folder, 'machine.collector.json'), `[\n${lines.join(',\n')}\n]\n`);
process.stdout.write(`${points.length} points\n`);
