// One job: what its service discoveries find becomes targets, each with a loop of its own that lasts as long as the target does.

import type { ComponentContext } from '../../pipeline/component.ts';
import type { Delivery } from './delivery.ts';
import { createDiscovery } from './discovery/create.ts';
import type { Discovery, TargetGroup } from './discovery/discovery.ts';
import { FailureLog } from './failure-log.ts';
import type { Gate } from './gate.ts';
import { HttpClient } from './http/client.ts';
import type { HttpSettings } from './http-settings.ts';
import { PageFetch } from './page-fetch.ts';
import { compileRelabelling, type Relabelling } from './relabel.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import { ScrapeLoop, type Health, type Series } from './scrape-loop.ts';
import { targetsOf, type ScrapeTarget } from './targets.ts';

/** Discoveries that change often are looked at once in this time; Prometheus takes 5 s. */
const SYNC_INTERVAL_MS = 1_000;
/** Targets that are gone and whose series are still to be said to be so; of more, the oldest are forgotten. */
const MAX_RETIRED = 10_000;

export interface PoolOptions {
  readonly job: ScrapeConfig;
  readonly context: ComponentContext;
  readonly gate: Gate;
  readonly seed: string;
  readonly userAgent: string;
  readonly initialOffsetMs: number;
  readonly newSeries: (target: ScrapeTarget) => Series;
  readonly delivery: Delivery;
}

export class ScrapePool {
  readonly #options: PoolOptions;
  readonly #client: HttpClient;
  readonly #relabelling: Relabelling;
  readonly #discoveries: readonly Discovery[];
  readonly #failureLog: FailureLog | undefined;
  /** By discovery and source. */
  readonly #groups = new Map<string, readonly TargetGroup[]>();
  /** By the target's id. */
  readonly #loops = new Map<string, ScrapeLoop>();
  /** Those whose target is gone, oldest first. */
  readonly #retired = new Map<string, ScrapeLoop>();
  #timer: NodeJS.Timeout | undefined;
  #syncedMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  /** What was last said of targets that can not be scraped. */
  #said = '';

  /** Fails with an AgentError for settings that can not be used. */
  constructor(options: PoolOptions) {
    const { job, context } = options;
    this.#options = options;
    this.#client = this.#newClient(job.http, job.scrapeTimeoutMs);
    this.#relabelling = compileRelabelling(job.relabelConfigs);
    this.#discoveries = job.discoveries.map((config) =>
      createDiscovery(config, {
        log: context.log,
        httpClient: (settings) =>
          this.#newClient(settings, 'refreshIntervalMs' in config ? config.refreshIntervalMs : 0),
      }),
    );
    if (job.scrapeFailureLogFile !== '') {
      this.#failureLog = new FailureLog(job.scrapeFailureLogFile, context.log, context.now);
    }
    for (const health of ['up', 'down', 'unknown'] as const) {
      context.metrics.gauge(
        {
          name: 'genesis_prometheus_targets',
          help: 'Targets of a job, by what came of their last scrape.',
          unit: '{target}',
          labels: { job: job.jobName, health },
        },
        () => this.#count(health),
      );
    }
  }

  /** Fails where certificates can not be used. */
  async start(): Promise<void> {
    await this.#client.start();
    await Promise.all(
      this.#discoveries.map((discovery, index) =>
        discovery.start((source, groups) => {
          const key = `${index}\0${source}`;
          if (groups.length === 0) this.#groups.delete(key);
          else this.#groups.set(key, groups);
          this.#syncSoon();
        }),
      ),
    );
    this.#syncNow();
  }

  /** Nothing is asked or handed on any more once this resolves. */
  async stop(isLastScraped: boolean): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#discoveries.map((discovery) => discovery.stop()));
    const loops = [...this.#loops.values(), ...this.#retired.values()];
    if (!isLastScraped) this.#abandon(loops);
    await Promise.all(loops.map((loop) => loop.stop(isLastScraped)));
    this.close();
    await this.#failureLog?.close();
  }

  /** Ends what is under way now. */
  close(): void {
    this.#abandon([...this.#loops.values(), ...this.#retired.values()]);
  }

  /** Reads certificates again. */
  async refresh(): Promise<void> {
    await this.#client.refresh();
    for (const discovery of this.#discoveries) await discovery.refresh?.();
  }

  #abandon(loops: readonly ScrapeLoop[]): void {
    for (const loop of loops) loop.abandon();
    this.#client.close();
  }

  #newClient(settings: HttpSettings, connectTimeoutMs: number): HttpClient {
    const { context, job, userAgent } = this.#options;
    return new HttpClient({
      settings,
      component: `receiver:${context.id}`,
      userAgent,
      connectTimeoutMs,
      admission: context.admission,
      steadyNow: context.steadyNow,
      onFailure: (error) =>
        context.log.warn({ job: job.jobName, error }, 'Certificates of a job can not be read again'),
    });
  }

  #syncSoon(): void {
    if (this.#timer || this.#isStopped) return;
    const { steadyNow } = this.#options.context;
    const waitMs = Math.max(0, this.#syncedMs + SYNC_INTERVAL_MS - steadyNow());
    this.#timer = setTimeout(() => this.#syncNow(), waitMs);
  }

  #syncNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isStopped) return;
    this.#syncedMs = this.#options.context.steadyNow();
    this.#sync();
  }

  /** Begins and ends loops, so that there is one for every target. */
  #sync(): void {
    const wanted = this.#targets();
    for (const [id, loop] of this.#loops) {
      if (wanted.has(id)) continue;
      this.#loops.delete(id);
      this.#retire(id, loop);
    }
    for (const [id, target] of wanted) {
      if (this.#loops.has(id)) continue;
      const known = this.#retired.get(id);
      this.#retired.delete(id);
      const loop = known ?? this.#newLoop(target);
      this.#loops.set(id, loop);
      if (known) known.revive();
      else loop.start();
    }
    const { targetLimit } = this.#options.job;
    const isOver = targetLimit > 0 && this.#loops.size > targetLimit;
    const forced = isOver
      ? `target_limit exceeded (number of targets: ${this.#loops.size}, limit: ${targetLimit})`
      : undefined;
    for (const loop of this.#loops.values()) loop.force(forced);
  }

  /** By id; those that are there twice count once. */
  #targets(): Map<string, ScrapeTarget> {
    const { job, context } = this.#options;
    const found = new Map<string, ScrapeTarget>();
    const problems: string[] = [];
    for (const groups of this.#groups.values()) {
      for (const group of groups) {
        const some = targetsOf(group, job, this.#relabelling);
        problems.push(...some.problems);
        // One without a label is one that relabelling dropped, as in Prometheus.
        for (const target of some.targets) if (target.labels.size > 0) found.set(target.id, target);
      }
    }
    const said = problems.join('\n');
    if (said !== this.#said && problems.length > 0) {
      const [problem] = problems;
      context.log.error({ job: job.jobName, problem, targets: problems.length }, 'Some targets can not be scraped');
    }
    this.#said = said;
    return found;
  }

  #newLoop(target: ScrapeTarget): ScrapeLoop {
    const { job, context, gate, seed, initialOffsetMs, newSeries, delivery } = this.#options;
    return new ScrapeLoop({
      job: job.jobName,
      target,
      fetch: new PageFetch(this.#client, target, job),
      series: newSeries(target),
      gate,
      log: context.log,
      failureLog: this.#failureLog,
      seed,
      initialOffsetMs,
      now: context.now,
      steadyNow: context.steadyNow,
      delivery,
    });
  }

  #retire(id: string, loop: ScrapeLoop): void {
    this.#retired.set(id, loop);
    const [oldest] = this.#retired.keys();
    if (this.#retired.size > MAX_RETIRED && oldest !== undefined) {
      const forgotten = this.#retired.get(oldest);
      this.#retired.delete(oldest);
      void forgotten?.stop(false);
    }
    loop
      .retire(() => !this.#hasLabelsOf(loop.target))
      .then(
        (isDone) => {
          if (isDone && this.#retired.get(id) === loop) this.#retired.delete(id);
        },
        (error: unknown) => this.#options.context.log.error({ error }, 'A target could not be ended, which is a bug'),
      );
  }

  /** Whether another target has the series of this one now, such as after its path has changed. */
  #hasLabelsOf({ labels }: ScrapeTarget): boolean {
    const text = JSON.stringify([...labels]);
    for (const loop of this.#loops.values()) {
      if (loop.lastScrapeMs !== undefined && JSON.stringify([...loop.target.labels]) === text) return true;
    }
    return false;
  }

  #count(health: Health): number {
    let count = 0;
    for (const loop of this.#loops.values()) if (loop.health === health) count++;
    return count;
  }
}
