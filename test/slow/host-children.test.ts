// That measuring the host starts no program on Linux, neither for a scrape nor for saying what the host is: seen by strace.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from '../house/sources.ts';
import { freePorts, startAgent } from '../support/agent.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'host-children-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function needsTracing(): string | false {
  if (process.platform !== 'linux') return 'other systems are measured by starting programs';
  const tried = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? false : `this machine does not allow tracing: ${tried.stderr.trim()}`;
}

const EVERYTHING = {
  cgroup: {},
  cpu: { metrics: { 'system.cpu.frequency': { enabled: true }, 'system.cpu.physical.count': { enabled: true } } },
  disk: {},
  filesystem: { include_virtual_filesystems: true },
  load: {},
  memory: {},
  network: { metrics: { 'system.network.conntrack.count': { enabled: true } } },
  nfs: {},
  paging: {},
  pressure: {},
  process: { mute_process_all_errors: true },
  processes: {},
  system: {},
};

void test('no scrape and no inventory starts a process', { skip: needsTracing() }, async () => {
  const trace = path.join(folder, 'trace');
  const [prometheus = 0, own = 0] = await freePorts(2);
  const calls = 'trace=execve,execveat,fork,vfork,clone,clone3';
  await using agent = await startAgent({
    command: 'strace',
    argsBefore: ['-D', '-f', '--quiet=all', '-e', calls, '-o', trace, process.execPath, path.join(ROOT, 'cmd/main.ts')],
    config: {
      receivers: { host_metrics: { collection_interval: '200ms', initial_delay: '0s', scrapers: EVERYTHING } },
      processors: { resource_detection: { detectors: ['env', 'system', 'process', 'container', 'k8s'] } },
      exporters: { prometheus: { endpoint: `127.0.0.1:${prometheus}` } },
      service: {
        telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: own } } } }] } },
        pipelines: {
          metrics: { receivers: ['host_metrics'], processors: ['resource_detection'], exporters: ['prometheus'] },
        },
      },
    },
  });
  await agent.said(/this is the host/);
  const scraped = 'otelcol_scraper_scraped_metric_points';
  for (let scrapes = 0; scrapes < 5;) {
    const page = await (await fetch(`http://127.0.0.1:${own}/metrics`)).text();
    // One point a scrape.
    scrapes = Number(new RegExp(`^${scraped}\\S*\\{.*scraper="system".*\\} (\\d+)`, 'm').exec(page)?.[1] ?? 0);
  }
  await agent.stop();
  const lines = readFileSync(trace, 'utf8').split('\n');
  assert.equal(lines.filter((line) => line.includes('execve')).length, 1, lines.join('\n'));
  const started = lines.filter((line) => /\b(?:v?fork|clone3?)\(/.test(line) && !line.includes('CLONE_THREAD'));
  assert.deepEqual(started, []);
});
