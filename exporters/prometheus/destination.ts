// The exporter: takes batches into the store, answers scrapers on /metrics, forgets what got no value for too long.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type AdminRequest, type AdminResponse, NOT_FOUND, text } from '../../pipeline/admin-http.ts';
import { type AdminListener, startAdminListener } from '../../pipeline/admin-listener.ts';
import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext } from '../../pipeline/component.ts';
import type { Destination } from '../../pipeline/sending/exporter.ts';
import type { PrometheusConfig } from './config.ts';
import { type DropRule, Intake } from './intake.ts';
import { negotiate, type PageFormat } from './negotiate.ts';
import { renderPage } from './page.ts';
import { SeriesStore } from './series-store.ts';
import { Translation } from './translation.ts';

const compress = promisify(gzip);
/** Below this a compressed answer saves nothing. */
const MIN_GZIP_BYTES = 1400;
/** Different ones that wait to be written; who asks for one of them waits with the others. */
const MAX_PAGES = 16;
const MIN_SWEEP_MS = 1_000;
const MAX_SWEEP_MS = 60_000;

const REASONS: Readonly<Record<DropRule, string>> = {
  series_limit:
    'max_series are kept already, or their labels take too much memory; raise max_series or send fewer series',
  type_conflict: 'a metric with the same Prometheus name and another type is shown already',
  name_collision: "the lines of a metric that is shown already (a histogram's _count, target_info) have the same name",
  duplicate_series: 'another metric, scope or set of attributes that is shown already has the same name and labels',
  invalid_name:
    'the name of the metric or of an attribute leaves no valid Prometheus name, or two labels have the same',
  out_of_order: 'the point is older than the one that is kept',
  unspecified_temporality: 'the metric does not say whether it is delta or cumulative',
  buckets_do_not_add_up: "the exponential histogram's count is not the sum of its buckets, which Prometheus refuses",
  too_large: 'the point has more than 10,000 buckets or quantiles, or 1 MiB',
  scale_too_coarse:
    'the exponential histogram is coarser than Prometheus knows (scale -4), or its buckets span too much',
};

export class PrometheusDestination implements Destination {
  readonly #config: PrometheusConfig;
  readonly #context: ComponentContext;
  readonly #store: SeriesStore;
  readonly #intake: Intake;
  readonly #targetInfoName: string;
  /** Pages being written, by what they show: scrapers that ask for the same at the same time share one. */
  readonly #pages = new Map<string, Promise<Buffer | undefined>>();
  /** One after the other, so that only one is in memory that is not whole yet. */
  #lastPage: Promise<void> = Promise.resolve();
  readonly #compressed = new WeakMap<Buffer, Promise<Buffer>>();
  #listener: AdminListener | undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(config: PrometheusConfig, context: ComponentContext) {
    this.#config = config;
    this.#context = context;
    const translation = new Translation(config);
    this.#targetInfoName = translation.targetInfoName;
    this.#store = new SeriesStore(config.max_series, translation.targetInfoName);
    const { metrics } = context;
    const conflicts = metrics.counter({
      name: 'otelcol_exporter_prometheus_description_conflicts',
      help: 'New series whose description is not that of the metric they are shown under.',
    });
    this.#intake = new Intake(this.#store, translation, () => conflicts.add(1));
    metrics.gauge(
      { name: 'otelcol_exporter_prometheus_series', help: 'Series that are kept for scrapers.' },
      () => this.#store.size,
    );
  }

  /** Fails with LISTEN_FAILED, TLS_MATERIAL, AUTHENTICATOR_MISSING or MIDDLEWARE_MISSING. */
  async start(): Promise<void> {
    this.#listener = await startAdminListener(this.#context, this.#config, {
      handler: (request) => this.#answer(request),
    });
    const { metric_expiration: expiration } = this.#config;
    if (expiration <= 0) return;
    // Also where nobody scrapes, what is over makes room.
    const everyMs = Math.min(Math.max(expiration, MIN_SWEEP_MS), MAX_SWEEP_MS);
    this.#sweeper = setInterval(() => this.#expire(), everyMs);
  }

  async refresh(): Promise<void> {
    await this.#listener?.refresh();
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#listener?.stop(AbortSignal.timeout(STOP_MS));
  }

  mergeable(): boolean {
    return true;
  }

  async send(batch: Batch): Promise<void> {
    const dropped = this.#intake.take(batch, this.#context.steadyNow());
    for (const [rule, count] of dropped) {
      const component = `exporter:${this.#context.id}`;
      const drop = { component, rule, reason: REASONS[rule], signal: batch.signal, count, intentional: false };
      this.#context.drops.record(drop, batch);
    }
  }

  #expire(): void {
    this.#store.expire(this.#context.steadyNow() - this.#config.metric_expiration);
  }

  async #answer({ method, path, query, headers }: AdminRequest): Promise<AdminResponse> {
    if (path !== '/metrics') return NOT_FOUND;
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'expected GET\n');
    const format = negotiate(headers.accept ?? '', this.#config.enable_open_metrics);
    const only = query.getAll('name[]');
    const underWay = this.#pages.get(keyOf(format, only));
    if (!underWay && this.#pages.size >= MAX_PAGES) {
      return { ...text(503, 'too many different pages are asked for at once\n'), headers: { 'retry-after': '1' } };
    }
    const body = await (underWay ?? this.#page(format, only));
    if (!body)
      return text(503, 'the page is larger than 512 MiB; ask for fewer metrics by name[], or lower max_series\n');
    const type = format.contentType;
    if (body.length < MIN_GZIP_BYTES || !takesGzip(headers['accept-encoding'])) return { status: 200, type, body };
    return { status: 200, type, body: await this.#gzipped(body), headers: { 'content-encoding': 'gzip' } };
  }

  #page(format: PageFormat, only: readonly string[]): Promise<Buffer | undefined> {
    const key = keyOf(format, only);
    const page = this.#lastPage.then(() => this.#render(format, only)).finally(() => this.#pages.delete(key));
    // Not the page itself, which would stay.
    this.#lastPage = page.then(ignore, ignore);
    this.#pages.set(key, page);
    return page;
  }

  #render(format: PageFormat, only: readonly string[]): Promise<Buffer | undefined> {
    this.#expire();
    return renderPage(this.#store, format, {
      targetInfoName: this.#targetInfoName,
      hasTimestamps: this.#config.send_timestamps,
      only: new Set(only),
    });
  }

  #gzipped(page: Buffer): Promise<Buffer> {
    const known = this.#compressed.get(page);
    if (known) return known;
    const made = compress(page);
    this.#compressed.set(page, made);
    return made;
  }
}

/** Scrapes under way get this long at a stop. */
const STOP_MS = 1_000;

function keyOf({ contentType }: PageFormat, only: readonly string[]): string {
  return [contentType, ...only].join('\u0000');
}

function ignore(): void {
  // Whoever waits for the page hears of it.
}

function takesGzip(header: string | readonly string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((one) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(one));
}
