// Scrapes this host at an interval and hands each scrape on as one batch.

import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { batchOf } from '../../pipeline/batch.ts';
import type { ComponentContext, Outputs, Receiver } from '../../pipeline/component.ts';
import { asDeliveryError, Rejected, type Consumer } from '../../pipeline/delivery.ts';
import { AgentError } from '../../pipeline/errors.ts';
import type { BoundCounter, ReceiverCounters } from '../../pipeline/telemetry.ts';
import { MetricWriter } from '../../proto/otlp/metric-writer.ts';
import { BootTime } from './boot-time.ts';
import type { HostMetricsConfig } from './config.ts';
import { linuxInventory } from './inventory-linux.ts';
import { inventoryFields } from './inventory.ts';
import { otherInventory, OtherSource, type Package } from './other-systems/source.ts';
import { Problems } from './problems.ts';
import { ProcessTable } from './process-table.ts';
import { Schedule } from './schedule.ts';
import type { Scraper } from './scraper.ts';
import { createOtherScrapers, createScrapers, missingScrapers } from './scrapers.ts';

const LONGEST_MOUNT_WAIT_MS = 5_000;
const INVENTORY_MS = 2_000;

interface Running {
  readonly scraper: Scraper;
  readonly problems: Problems;
  readonly scraped: BoundCounter;
  readonly errored: BoundCounter;
}

export interface HostOptions {
  /** The system's, unless a test says otherwise. */
  readonly platform?: NodeJS.Platform;
  /** Imports what measures systems that are not Linux. */
  readonly load?: () => Promise<Package>;
}

export class HostMetricsReceiver implements Receiver {
  readonly #context: ComponentContext;
  readonly #next: Consumer;
  readonly #rootPath: string;
  readonly #scrapers: readonly Running[];
  readonly #counters: ReceiverCounters;
  readonly #processes: ProcessTable;
  readonly #writer = new MetricWriter();
  readonly #schedule: Schedule;
  readonly #source: OtherSource | undefined;
  readonly #missing: readonly string[];
  readonly #stopping = new AbortController();
  #isClosed = false;

  constructor(config: HostMetricsConfig, context: ComponentContext, outputs: Outputs, options: HostOptions = {}) {
    const next = outputs.metrics;
    // The engine creates a receiver only for signals that some pipeline takes from it.
    if (!next) throw new Error('host_metrics has no pipeline for metrics');
    this.#context = context;
    this.#next = next;
    this.#rootPath = config.root_path;
    this.#counters = context.metrics.receiver('metrics', '');
    const platform = options.platform ?? process.platform;
    const isLinux = platform === 'linux';
    const waitMs = config.timeout || Math.min(config.collection_interval, LONGEST_MOUNT_WAIT_MS);
    this.#source = isLinux ? undefined : new OtherSource({ load: options.load ?? loadPackage, timeoutMs: waitMs });
    this.#missing = isLinux ? [] : missingScrapers(config);
    // One for all, so that start times agree.
    const bootUnixNano = isLinux ? linuxBoot(config, context) : otherBoot(context.now());
    this.#processes = new ProcessTable(`${rootOf(config)}/proc`);
    const chosen = this.#source ? createOtherScrapers(config, platform, this.#source) : createScrapers(config);
    this.#scrapers = chosen.map(({ type, create }) => {
      const problems = new Problems(context.log, type);
      const scraper = create({
        root: rootOf(config),
        conventions: config.semantic_conventions,
        log: context.log,
        problems,
        now: context.now,
        bootUnixNano,
        processes: this.#processes,
        statfs: (path) => statfs(path),
        mountTimeoutMs: waitMs,
      });
      return { scraper, problems, ...scraperCounters(context, type) };
    });
    this.#schedule = new Schedule({
      initialDelayMs: config.initial_delay,
      intervalMs: config.collection_interval,
      now: context.now,
      run: () => this.#scrape(),
    });
  }

  start(): Promise<void> {
    if (this.#scrapers.length === 0) {
      throw new AgentError('START_FAILED', `on ${process.platform} there is nothing of ${this.#missing.join(', ')}`, {
        component: `receiver:${this.#context.id}`,
        mend: 'name another scraper as well, such as cpu, or take host_metrics out on this machine',
      });
    }
    if (this.#missing.length > 0) {
      this.#context.log.warn({ scrapers: this.#missing }, 'these scrapers measure Linux only and give nothing here');
    }
    if (this.#rootPath !== '' && !existsSync(this.#rootPath)) {
      throw new AgentError('START_FAILED', `root_path ${JSON.stringify(this.#rootPath)} does not exist`, {
        component: `receiver:${this.#context.id}`,
        mend: 'mount the host there, such as -v /:/hostfs:ro with root_path: /hostfs, or take root_path out',
      });
    }
    this.#schedule.start();
    void this.#sayInventory();
    return Promise.resolve();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort();
    await this.#schedule.stop(deadline);
    // A scrape that is still held up must open nothing any more.
    this.#isClosed = true;
    for (const { scraper } of this.#scrapers) scraper.close();
    this.#processes.close();
  }

  /** Once, beside the first scrape; the start does not wait for it. */
  async #sayInventory(): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(INVENTORY_MS)]);
    try {
      const source = this.#source;
      const inventory = source
        ? await otherInventory(source)
        : await linuxInventory(rootOf({ root_path: this.#rootPath }), signal);
      if (!this.#isClosed) this.#context.log.info(inventoryFields(inventory), 'this is the host');
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#context.log.info({ error }, 'what the host is could not be found out');
    }
  }

  async #scrape(): Promise<void> {
    this.#processes.startScrape();
    this.#source?.startScrape();
    for (const running of this.#scrapers) {
      await this.#scrapeOne(running);
      if (this.#isClosed) return;
    }
    const items = this.#writer.points;
    const bytes = this.#writer.finish();
    if (items === 0) return;
    const batch = batchOf('metrics', bytes, items);
    try {
      await this.#next.consume(batch);
      this.#counters.accepted.add(items);
    } catch (error) {
      // Nobody is there who could send it again, and the next scrape says the same again.
      const failure = asDeliveryError(error, items);
      const isRejected = failure instanceof Rejected;
      const count = isRejected ? failure.count : items;
      this.#counters[isRejected ? 'failed' : 'refused'].add(count);
      this.#counters.accepted.add(items - count);
      this.#context.drops.record(
        {
          component: `receiver:${this.#context.id}`,
          rule: isRejected ? 'rejected' : 'refused',
          reason: failure.message,
          signal: 'metrics',
          count,
          intentional: false,
        },
        batch,
      );
    }
  }

  async #scrapeOne({ scraper, problems, scraped, errored }: Running): Promise<void> {
    const before = this.#writer.points;
    try {
      await scraper.read();
      scraper.write(this.#writer);
    } catch (error) {
      this.#context.log.error({ error }, 'a scraper failed, which is a bug');
      errored.add(1);
    }
    scraped.add(this.#writer.points - before);
    errored.add(problems.settle());
  }
}

function rootOf({ root_path: path }: Pick<HostMetricsConfig, 'root_path'>): string {
  return path.replace(/\/+$/, '');
}

function scraperCounters(context: ComponentContext, scraper: string): Pick<Running, 'scraped' | 'errored'> {
  const labels = { scraper };
  return {
    scraped: context.metrics.counter({
      name: 'otelcol_scraper_scraped_metric_points',
      help: 'Number of metric points successfully scraped. [Alpha]',
      unit: '{datapoint}',
      labels,
    }),
    errored: context.metrics.counter({
      name: 'otelcol_scraper_errored_metric_points',
      help: 'Number of metric points that were unable to be scraped. [Alpha]',
      unit: '{datapoint}',
      labels,
    }),
  };
}

function linuxBoot(config: HostMetricsConfig, context: ComponentContext): () => bigint {
  const boot = new BootTime(rootOf(config), new Problems(context.log, 'boot time'));
  return () => boot.unixNano();
}

/** To the second, once, so that the start does not move. */
function otherBoot(nowMs: number): () => bigint {
  const boot = BigInt(Math.floor(nowMs / 1_000 - os.uptime())) * 1_000_000_000n;
  return () => boot;
}

/** CommonJS: its functions are those of the default export. */
async function loadPackage(): Promise<Package> {
  const { default: functions } = await import('systeminformation');
  return functions;
}
