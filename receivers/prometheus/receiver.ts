// The prometheus receiver: a pool of targets for every job, and one way out for what they say.

import os from 'node:os';
import type { ComponentContext, Outputs, Receiver } from '../../pipeline/component.ts';
import { VERSION } from '../../pipeline/version.ts';
import type { PrometheusReceiverConfig } from './config.ts';
import { PageRun } from './conversion/page-run.ts';
import { conversionSettings } from './conversion/settings.ts';
import { TargetSeries } from './conversion/target-series.ts';
import { Delivery } from './delivery.ts';
import { Gate } from './gate.ts';
import { externalLabels, loadJobs } from './scrape-jobs.ts';
import { ScrapePool } from './scrape-pool.ts';

/** The collector's name for it. */
const SCOPE = {
  name: 'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver',
  version: VERSION,
  schemaUrl: '',
  attributes: [],
} as const;
/** Requests under way at a time: as many open bodies, and targets that hang, as the process has room for. */
const SCRAPES_AT_ONCE = 1_000;

export class PrometheusReceiver implements Receiver {
  readonly #pools: readonly ScrapePool[];
  readonly #scrapeOnShutdown: boolean;

  /** Fails with an AgentError for files that can not be read. */
  constructor(config: PrometheusReceiverConfig, context: ComponentContext, outputs: Outputs) {
    const next = outputs.metrics;
    // The engine creates a receiver only for signals that some pipeline takes from it.
    if (!next) throw new Error('prometheus has no pipeline for metrics');
    const delivery = new Delivery(context, next);
    const gate = new Gate(SCRAPES_AT_ONCE);
    const labels = externalLabels(config, (name) => process.env[name]);
    this.#scrapeOnShutdown = config.scrape_on_shutdown;
    // Pages are converted one after the other, so one serves all.
    const run = new PageRun(SCOPE, config.trim_metric_suffixes);
    this.#pools = loadJobs(config).map((job) => {
      const settings = conversionSettings(job, labels);
      return new ScrapePool({
        job,
        context,
        gate,
        // Two agents with the same targets and other labels do not meet there.
        seed: JSON.stringify([os.hostname(), ...labels]),
        userAgent: `genesis-agent/${VERSION}`,
        initialOffsetMs: config.initial_scrape_offset,
        newSeries: (target) => new TargetSeries(target, settings, run, context.log),
        delivery,
      });
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.start()));
  }

  async refresh(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.refresh()));
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const abort = (): void => {
      for (const pool of this.#pools) pool.close();
      aborted.resolve();
    };
    if (deadline.aborted) abort();
    else deadline.addEventListener('abort', abort, { once: true });
    const stopped = Promise.all(this.#pools.map((pool) => pool.stop(this.#scrapeOnShutdown)));
    await Promise.race([stopped, aborted.promise]);
    deadline.removeEventListener('abort', abort);
  }
}
