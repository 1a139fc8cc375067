// The nfs scraper on the files of the collector's own test.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { FlatPoint } from '../../support/flat-metrics.ts';
import { scrape, scraping, tree } from './host.ts';

const SECTION = { scrapers: { nfs: null, system: null } };

function of(points: readonly FlatPoint[], name: string): Record<string, number> {
  return Object.fromEntries(
    points
      .filter((point) => point.name === name)
      .map(({ attributes, value }) => [Object.values(attributes).join(' '), value]),
  );
}

void test('client and server, as the collector names and counts them', async () => {
  const points = await scrape({ ...SECTION, root_path: tree('machine') });
  assert.deepEqual(of(points, 'nfs.client.net.count'), { udp: 843, tcp: 666 });
  assert.deepEqual(of(points, 'nfs.client.net.tcp.connection.accepted'), { '': 157 });
  assert.deepEqual(of(points, 'nfs.client.rpc.count'), { '': 220 });
  assert.deepEqual(of(points, 'nfs.client.rpc.retransmit.count'), { '': 790 });
  assert.deepEqual(of(points, 'nfs.client.rpc.authrefresh.count'), { '': 662 });
  const procedures = of(points, 'nfs.client.procedure.count');
  assert.deepEqual([procedures['3 NULL'], procedures['3 COMMIT'], Object.keys(procedures).length], [191, 235, 22]);
  const operations = of(points, 'nfs.client.operation.count');
  assert.deepEqual([operations['4 NULL'], operations['4 READ_PLUS'], Object.keys(operations).length], [320, 7210, 69]);
  assert.deepEqual(of(points, 'nfs.server.repcache.requests'), { hit: 795, miss: 819, nocache: 351 });
  assert.deepEqual(of(points, 'nfs.server.fh.stale.count'), { '': 709 });
  assert.deepEqual(of(points, 'nfs.server.io'), { receive: 111, transmit: 464 });
  assert.deepEqual(of(points, 'nfs.server.thread.count'), { '': 261 });
  assert.deepEqual(of(points, 'nfs.server.net.count'), { udp: 430, tcp: 26 });
  assert.deepEqual(of(points, 'nfs.server.rpc.count'), { format: 960, auth: 94, client: 748 });
  const served = of(points, 'nfs.server.procedure.count');
  assert.deepEqual([served['3 NULL'], served['4 COMPOUND'], Object.keys(served).length], [124, 878, 24]);
  const done = of(points, 'nfs.server.operation.count');
  assert.deepEqual([done['4 ACCESS'], done['4 REMOVEXATTR'], Object.keys(done).length], [86, 562, 73]);
  const thread = points.find(({ name }) => name === 'nfs.server.thread.count');
  assert.deepEqual([thread?.type, thread?.isMonotonic], ['sum', false]);
});

const folder = mkdtempSync(path.join(os.tmpdir(), 'nfs-'));
after(() => rmSync(folder, { recursive: true, force: true }));

void test('a machine without NFS gives nothing, garbage costs its own line, and a newer kernel names no wrong operation', async () => {
  const rpc = path.join(folder, 'proc', 'net', 'rpc');
  mkdirSync(rpc, { recursive: true });
  writeFileSync(path.join(folder, 'proc', 'uptime'), '12.5 3\n');
  await using running = await scraping({ ...SECTION, root_path: folder, collection_interval: '10ms' });
  assert.deepEqual(
    (await running.next()).map(({ name }) => name),
    ['system.uptime'],
  );
  assert.equal(running.test.metric('otelcol_scraper_errored_metric_points', { scraper: 'nfs' }), 0);
  const newer = Array.from({ length: 71 }, (_, index) => index).join(' ');
  writeFileSync(path.join(rpc, 'nfs'), `net 1 x 3 4\nrpc 1\n\nproc3 5 1 2\nproc4 71 ${newer}\nwhat 1 2\n`);
  let points = await running.next();
  while (!points.some(({ name }) => name.startsWith('nfs.'))) points = await running.next();
  const operations = of(points, 'nfs.client.operation.count');
  assert.deepEqual([operations['4 DEALLOCATE'], '4 LAYOUTSTATS' in operations], [56, false]);
  assert.deepEqual(
    points.filter(({ name }) => name.startsWith('nfs.') && name !== 'nfs.client.operation.count'),
    [],
  );
  assert.ok(running.test.metric('otelcol_scraper_errored_metric_points', { scraper: 'nfs' }) >= 3);
});
