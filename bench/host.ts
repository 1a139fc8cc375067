// What a scrape of this host costs in CPU time: ours, the collector's host_metrics where the collector has it, and
// node_exporter's where it is installed.
// Run: node bench/host.ts [--scrapes 1000]; the collector is the one OTELCOL names or bench/otelcol/build.sh built.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import hostMetrics from '../receivers/host_metrics/index.ts';
import { Problems } from '../receivers/host_metrics/problems.ts';
import { TcpConnections } from '../receivers/host_metrics/scrapers/tcp-connections.ts';
import { freePorts } from '../test/support/agent.ts';
import { testContext } from '../test/support/context.ts';
import { nodeExporter } from '../test/support/peers.ts';
import { peerContender, startContender } from './pipeline/contender.ts';
import { usageOf } from './pipeline/process-tree.ts';

const { values: options } = parseArgs({ options: { scrapes: { type: 'string', default: '1000' } } });
const SCRAPES = Number(options.scrapes);
const WARM_UP = 300;
const PROCESSES = 100;

const HOST = { cpu: {}, load: {}, memory: {}, disk: {}, filesystem: {}, paging: {}, system: {} };
const WITHOUT_CONNECTIONS = { metrics: { 'system.network.connections': { enabled: false } } };

interface Case {
  readonly name: string;
  readonly scrapers: object;
  /** Milliseconds, where something was asked for. */
  readonly must?: number;
  /** Whether the collector has these scrapers. */
  readonly isCollectors: boolean;
}

const CASES: readonly Case[] = [
  {
    name: 'the host with pressure, without the table of TCP connections',
    scrapers: { ...HOST, network: WITHOUT_CONNECTIONS, pressure: {} },
    must: 0.7,
    isCollectors: false,
  },
  {
    name: 'the same without pressure',
    scrapers: { ...HOST, network: WITHOUT_CONNECTIONS },
    isCollectors: true,
  },
  {
    name: 'the host with the table of TCP connections as often as it is read',
    scrapers: { ...HOST, network: {} },
    isCollectors: true,
  },
  {
    name: `${PROCESSES} processes and their states`,
    // Those started here, so that the figure does not depend on what else runs.
    scrapers: {
      process: { include: { names: ['sleep'], match_type: 'strict' }, mute_process_all_errors: true },
      processes: {},
    },
    must: 5,
    isCollectors: true,
  },
];

interface Figure {
  readonly ms: number;
  readonly points: number;
}

/** Of this process, which does nothing else. */
async function ours(scrapers: object): Promise<Figure> {
  const { context } = testContext({ kind: 'receiver', id: 'host_metrics', realTime: true });
  const done = Promise.withResolvers<Figure>();
  let scrapes = 0;
  let before = process.cpuUsage();
  const section = { collection_interval: '1ms', initial_delay: '0s', scrapers };
  const receiver = hostMetrics.create(hostMetrics.config.parse(section), context, {
    metrics: {
      consume: (batch) => {
        scrapes++;
        if (scrapes === WARM_UP) before = process.cpuUsage();
        if (scrapes === WARM_UP + SCRAPES) {
          const { user, system } = process.cpuUsage(before);
          done.resolve({ ms: (user + system) / 1e3 / SCRAPES, points: batch.items });
        }
        return Promise.resolve();
      },
    },
  });
  await receiver.start();
  const figure = await done.promise;
  await receiver.stop(AbortSignal.timeout(1_000));
  return figure;
}

/** Sums a series of an endpoint for Prometheus; 0 where it is not there. */
async function sumOf(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** What reading the table of TCP connections takes, which is nearly all the kernel's. */
function tcpTable(): number {
  const rounds = 50;
  // A clock that stands still, so that no reading is left out.
  const table = new TcpConnections('/proc', new Problems(QUIET, 'network'), () => 0);
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) table.read();
  const { user, system } = process.cpuUsage(before);
  table.close();
  return (user + system) / 1e3 / rounds;
}

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

/** Of the collector's whole process; scrapes are counted by the load scraper, which gives three metrics each. */
async function collectors(scrapers: object): Promise<number | undefined> {
  const peer = peerContender();
  if (!peer) return undefined;
  const [port = 0] = await freePorts(1);
  const program = await startContender(peer, {
    receivers: {
      host_metrics: { collection_interval: '20ms', initial_delay: '0s', scrapers: { ...scrapers, load: {} } },
    },
    exporters: { nop: {} },
    service: {
      telemetry: {
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port } } } }] },
      },
      pipelines: { metrics: { receivers: ['host_metrics'], exporters: ['nop'] } },
    },
  }).catch(() => undefined);
  // A collector that was built without the receiver refuses the configuration.
  if (!program) return undefined;
  try {
    const count = async (): Promise<number> =>
      (await sumOf(port, 'otelcol_scraper_scraped_metric_points{receiver="host_metrics",scraper="load"')) / 3;
    await sleep(1_500);
    const [scrapesBefore, before] = [await count(), usageOf(program.pid).cpuSeconds];
    await sleep(4_000);
    const [scrapes, after] = [(await count()) - scrapesBefore, usageOf(program.pid).cpuSeconds];
    return scrapes > 0 ? ((after - before) * 1_000) / scrapes : undefined;
  } finally {
    await program.stop();
  }
}

/** A scrape of what node_exporter has on by default, over HTTP. */
async function nodeExporters(): Promise<number | undefined> {
  const [port = 0] = await freePorts(1);
  const child = spawn(nodeExporter().program, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  const failed = Promise.withResolvers<'missing'>();
  child.once('error', () => failed.resolve('missing'));
  if ((await Promise.race([failed.promise, sleep(1_000, 'started')])) === 'missing') return undefined;
  try {
    const scrapes = 100;
    for (let one = 0; one < 20; one++) await sumOf(port, 'node_load1');
    const before = usageOf(child.pid ?? 0).cpuSeconds;
    for (let one = 0; one < scrapes; one++) await sumOf(port, 'node_load1');
    return ((usageOf(child.pid ?? 0).cpuSeconds - before) * 1_000) / scrapes;
  } finally {
    await ended(child);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}

const ms = (value: number | undefined): string => (value === undefined ? '' : `${value.toFixed(2)} ms`);

const sleepers = Array.from({ length: PROCESSES }, () => spawn('sleep', ['600'], { stdio: 'ignore' }));
try {
  const running = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
  console.log(`CPU time per scrape, ${SCRAPES} scrapes after ${WARM_UP}; ${running} processes run here.\n`);
  console.log('| what | points | genesis-agent | otelcol | must | |\n|---|---|---|---|---|---|');
  for (const { name, scrapers, must, isCollectors } of CASES) {
    const { ms: own, points } = await ours(scrapers);
    const peers = isCollectors ? await collectors(scrapers) : undefined;
    const verdict = must === undefined ? '' : own <= must ? 'reached' : 'missed';
    console.log(
      `| ${name} | ${points} | ${ms(own)} | ${ms(peers)} | ${must === undefined ? '' : `<= ${must} ms`} | ${verdict} |`,
    );
  }
  console.log(`\nOne reading of the table of TCP connections: ${ms(tcpTable())}`);
  const exporter = await nodeExporters();
  console.log(
    exporter === undefined
      ? '\nprometheus-node-exporter is not installed.'
      : `\nnode_exporter, one scrape: ${ms(exporter)}`,
  );
} finally {
  await Promise.all(sleepers.map(ended));
}
