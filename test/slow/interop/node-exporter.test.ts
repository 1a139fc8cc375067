// Figures of this machine beside those of Prometheus's node_exporter: counters lie between two of its scrapes, gauges within
// one per cent of them. Needs prometheus-node-exporter (install-peers.sh).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scrape } from '../../receivers/host_metrics/host.ts';
import {
  COMPARED_SCRAPERS,
  isWithin,
  pairsOf,
  pointOf,
  scrapeNodeExporter,
  startNodeExporter,
} from '../../support/node-exporter.ts';
import { nodeExporter } from '../../support/peers.ts';

const PROGRAM = nodeExporter();

/** What lies outside of what node_exporter says before and after. */
async function outside(port: number): Promise<{ readonly compared: number; readonly wrong: readonly string[] }> {
  const before = await scrapeNodeExporter(port);
  const points = await scrape({ scrapers: { ...COMPARED_SCRAPERS, pressure: null } });
  const after = await scrapeNodeExporter(port);
  const wrong: string[] = [];
  let compared = 0;
  for (const pair of pairsOf(points)) {
    const { name, attributes = {}, series, kind } = pair;
    const [low, high] = [before.get(series), after.get(series)];
    // Kernels and containers lack some files, and node_exporter leaves some devices out.
    if (low === undefined || high === undefined) continue;
    const point = pointOf(points, pair);
    if (!point) {
      wrong.push(`${name} ${JSON.stringify(attributes)} is missing`);
      continue;
    }
    compared++;
    if (isWithin(kind, point.value, low, high)) continue;
    wrong.push(`${name} ${JSON.stringify(attributes)}: ${point.value} is not within ${low} and ${high} of ${series}`);
  }
  return { compared, wrong };
}

void test('figures are those of node_exporter', { skip: PROGRAM.skip }, async (t) => {
  await using exporter = await startNodeExporter(PROGRAM.program);
  // Memory of a busy machine may move by more than a per cent between two readings, and come back.
  let result = await outside(exporter.port);
  for (let round = 0; round < 4 && result.wrong.length > 0; round++) result = await outside(exporter.port);
  assert.deepEqual(result.wrong, []);
  assert.ok(result.compared > 20, `${result.compared} compared`);
  t.diagnostic(`${result.compared} series compared`);
});
