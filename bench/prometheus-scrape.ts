// What scraping many targets costs: 1,000 targets of 1,000 series at 15 s, ours and Prometheus in agent mode one after the
// other, which send what they get to the same place.
// Run: node bench/prometheus-scrape.ts [--targets 1000] [--series 1000] [--interval 15] [--seconds 60] [--plain] [--dist]
// [--exporter nop,otlp_http,prometheus_remote_write]; Prometheus is found as in the interop tests.

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePorts } from '../test/support/agent.ts';
import { currentPrometheus, prometheus } from '../test/support/peers.ts';
import { ourContender, startContender } from './pipeline/contender.ts';
import { usageOf, watchMemory } from './pipeline/process-tree.ts';
import type { TargetsCount, TargetsReady } from './prometheus-scrape/targets.ts';

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string', default: '1000' },
    series: { type: 'string', default: '1000' },
    interval: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '60' },
    exporter: { type: 'string', default: 'nop,otlp_http,prometheus_remote_write' },
    plain: { type: 'boolean', default: false },
    dist: { type: 'boolean', default: false },
    'ours-only': { type: 'boolean', default: false },
  },
});
const TARGETS = Number(options.targets);
const INTERVAL_S = Number(options.interval);
const SECONDS = Number(options.seconds);

interface Figure {
  readonly cpuPercent: number;
  readonly residentMib: number;
  readonly scrapesPerSecond: number;
  readonly connections: number;
  readonly sentMibPerSecond: number;
}

const child = fork(fileURLToPath(new URL('prometheus-scrape/targets.ts', import.meta.url)), [options.series], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
const [first] = await once(child, 'message');
const ready = first as TargetsReady; // the first thing it says

async function count(): Promise<TargetsCount> {
  const answer = once(child, 'message');
  child.send({});
  const [said] = await answer;
  return said as TargetsCount; // the answer to every question
}

/** A page under any address of the loopback network: every target is a host of its own. */
const addresses = Array.from(
  { length: TARGETS },
  (_, one) => `127.1.${Math.floor(one / 250)}.${(one % 250) + 1}:${ready.pagePort}`,
);

const scrapeConfigs = [
  {
    job_name: 'bench',
    scrape_interval: `${INTERVAL_S}s`,
    scrape_timeout: '10s',
    static_configs: [{ targets: addresses }],
  },
];

async function measure(pid: number): Promise<Figure> {
  // Every target is scraped twice first: what is new costs more.
  await sleep(INTERVAL_S * 2_000);
  const [before, cpuBefore, startMs] = [await count(), usageOf(pid).cpuSeconds, performance.now()];
  const memory = watchMemory(pid, 500);
  await sleep(SECONDS * 1_000);
  const [after, cpuAfter, elapsedS] = [await count(), usageOf(pid).cpuSeconds, (performance.now() - startMs) / 1_000];
  return {
    cpuPercent: (100 * (cpuAfter - cpuBefore)) / elapsedS,
    residentMib: memory.stop(),
    scrapesPerSecond: (after.scrapes - before.scrapes) / elapsedS,
    connections: after.connections - before.connections,
    sentMibPerSecond: (after.requestBytes - before.requestBytes) / elapsedS / 2 ** 20,
  };
}

async function ours(exporter: string): Promise<Figure> {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${ready.sinkPort}`;
  const exporters: Readonly<Record<string, object>> = {
    nop: {},
    otlp_http: { endpoint: url },
    prometheus_remote_write: { endpoint: `${url}/api/v1/write` },
  };
  const jobs = options.plain ? scrapeConfigs.map((job) => ({ ...job, enable_compression: false })) : scrapeConfigs;
  const program = await startContender(ourContender(options.dist ? 'dist' : 'source'), {
    receivers: { prometheus: { config: { scrape_configs: jobs } } },
    exporters: { [exporter]: exporters[exporter] },
    service: {
      telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port } } } }] } },
      pipelines: { metrics: { receivers: ['prometheus'], exporters: [exporter] } },
    },
  });
  try {
    const figure = await measure(program.pid);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const dropped = text
      .split('\n')
      .filter((line) => line.startsWith('genesis_dropped_items'))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    if (dropped > 0) console.log(`${exporter}: ${dropped} points were dropped, so the row below does not count.`);
    return figure;
  } finally {
    await program.stop();
  }
}

async function theirs(program: string, agentFlag: string): Promise<Figure> {
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'prometheus-scrape-'));
  const file = path.join(folder, 'prometheus.yml');
  // JSON is YAML too.
  const url = `http://127.0.0.1:${ready.sinkPort}/api/v1/write`;
  writeFileSync(file, JSON.stringify({ scrape_configs: scrapeConfigs, remote_write: [{ url }] }));
  const running = spawn(
    program,
    [
      agentFlag,
      `--config.file=${file}`,
      `--storage.agent.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  try {
    return await measure(running.pid ?? 0);
  } finally {
    const exited = once(running, 'exit');
    running.kill();
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

function row(name: string, figure: Figure): string {
  const { cpuPercent, residentMib, scrapesPerSecond, connections, sentMibPerSecond } = figure;
  const cells = [
    name,
    `${cpuPercent.toFixed(1)} %`,
    `${residentMib.toFixed(0)} MiB`,
    scrapesPerSecond.toFixed(1),
    String(connections),
    sentMibPerSecond.toFixed(2),
  ];
  return `| ${cells.join(' | ')} |`;
}

try {
  const form = options.plain ? 'plain' : 'gzip';
  console.log(
    `${TARGETS} targets with ${ready.series} series each (${ready.pageBytes} bytes, ${form}) every ${INTERVAL_S} s; ${SECONDS} s after two intervals; load ${os.loadavg()[0]?.toFixed(1)}.\n`,
  );
  console.log('| agent | CPU of a core | most memory | scrapes/s | new connections | sent MiB/s |');
  console.log('|---|---|---|---|---|---|');
  for (const exporter of options.exporter.split(',').filter((one) => one !== 'none')) {
    console.log(row(`genesis-agent → ${exporter}`, await ours(exporter)));
  }
  // They send snappy, and always ask for gzip by default.
  const peers = [
    { name: 'Prometheus 2', peer: prometheus(), flag: '--enable-feature=agent' },
    { name: 'Prometheus 3', peer: currentPrometheus(), flag: '--agent' },
  ];
  for (const { name, peer, flag } of options['ours-only'] ? [] : peers) {
    console.log(
      peer.skip === false
        ? row(`${name}, agent mode → remote write`, await theirs(peer.program, flag))
        : `| ${name}: ${peer.skip} |`,
    );
  }
} finally {
  child.disconnect();
}
