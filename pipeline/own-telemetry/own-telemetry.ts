// The agent's own telemetry as one thing: metrics, log and drops for the engine to hand out, and the readers and exporters
// of `service.telemetry` that show them.

import type { AdminHttp } from '../admin-http.ts';
import type { ComponentKind, Figure } from '../component.ts';
import type { ListenerPool } from '../listen.ts';
import type { Signal } from '../signal.ts';
import type { ComponentLogger } from '../telemetry.ts';
import { OwnedMetrics } from './component-metrics.ts';
import { RecentDrops, type RecentDropsOptions } from './drop-log.ts';
import { AgentLogs } from './logs.ts';
import { CounterSeries, GaugeSeries, HistogramSeries, MetricStore } from './metric-store.ts';
import { bindProcessMetrics } from './process-metrics.ts';
import type { Running } from './running.ts';
import {
  DEFAULT_READERS,
  type MetricReaderSettings,
  type OwnResource,
  type OwnTelemetrySettings,
  type PrometheusSettings,
} from './settings.ts';

export interface OwnTelemetryOptions {
  readonly settings?: OwnTelemetrySettings;
  /** From `ownResource`. */
  readonly resource: OwnResource;
  readonly now: () => number;
  readonly sampleTraceIds: RecentDropsOptions['sampleTraceIds'];
}

/** Which component a logger is for. */
export interface Speaker {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly pipeline?: string;
  readonly signal?: Signal;
}

export class OwnTelemetry {
  readonly logs: AgentLogs;
  readonly drops: RecentDrops;
  readonly #options: OwnTelemetryOptions;
  readonly #store: MetricStore;
  readonly #startedUnixMs: number;
  /** Instances of each component; with the last one go its drops' series. */
  readonly #instances = new Map<string, number>();
  readonly #endpoints: AdminHttp[] = [];
  readonly #exports: Running[] = [];

  /** Opens the log's outputs. Fails with LOG_OUTPUT. */
  constructor(options: OwnTelemetryOptions) {
    const { settings = {}, resource, now } = options;
    this.#options = options;
    this.#startedUnixMs = now();
    this.#store = new MetricStore(settings.metrics?.level ?? 'normal');
    this.logs = new AgentLogs({ settings: settings.logs ?? {}, resource, now });
    this.drops = new RecentDrops({
      store: this.#store,
      log: this.logs.root,
      now,
      sampleTraceIds: options.sampleTraceIds,
    });
    bindProcessMetrics(this.#store, this, () => now() - this.#startedUnixMs);
  }

  /** One per component instance; its `release` ends its series. */
  metricsFor(kind: ComponentKind, id: string): OwnedMetrics {
    const component = `${kind}:${id}`;
    this.#instances.set(component, (this.#instances.get(component) ?? 0) + 1);
    return new OwnedMetrics(this.#store, kind, id, () => this.#onRelease(component));
  }

  loggerFor({ kind, id, pipeline, signal }: Speaker): ComponentLogger {
    return this.logs.child({
      'otelcol.component.id': id,
      'otelcol.component.kind': kind,
      ...(pipeline === undefined ? {} : { 'otelcol.pipeline.id': pipeline }),
      ...(signal === undefined ? {} : { 'otelcol.signal': signal }),
    });
  }

  /** Where the metrics are served, `host:port`. */
  get bound(): readonly string[] {
    return this.#endpoints.flatMap(({ bound }) => bound);
  }

  /** Opens the metric endpoints and starts the exports. Fails with LISTEN_FAILED or TELEMETRY_EXPORT. */
  async start(listeners: ListenerPool): Promise<void> {
    const { settings = {} } = this.#options;
    this.#warnOfNoEffect(settings);
    if (settings.metrics?.level !== 'none') {
      for (const reader of settings.metrics?.readers ?? DEFAULT_READERS) await this.#startReader(reader, listeners);
    }
    for (const processor of settings.logs?.processors ?? []) {
      const { startLogExport } = await import('./log-export.ts');
      this.#exports.push(await startLogExport(processor, { logs: this.logs, resource: this.#options.resource }));
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.drops.close();
    await Promise.all([...this.#endpoints, ...this.#exports].map((running) => running.stop(deadline)));
    this.logs.close();
  }

  /** Every series with its present value; histograms as their sum and count. */
  figures(): readonly Figure[] {
    const figures: Figure[] = [];
    for (const { name, series } of this.#store.families()) {
      for (const one of series.values()) {
        const { labels } = one;
        if (one instanceof HistogramSeries) {
          figures.push(
            { name: `${name}_sum`, labels, value: one.sum },
            { name: `${name}_count`, labels, value: one.count },
          );
        } else if (one instanceof CounterSeries) figures.push({ name, labels, value: one.value });
        else if (one instanceof GaugeSeries) figures.push({ name, labels, value: one.value() });
      }
    }
    return figures;
  }

  #warnOfNoEffect({ traces, metrics }: OwnTelemetrySettings): void {
    const path = 'service::telemetry';
    if (traces?.processors?.length) {
      this.logs.root.warn({ path: `${path}::traces` }, 'No effect: the agent records no spans of its own.');
    }
    if (metrics?.views?.length) {
      this.logs.root.warn({ path: `${path}::metrics::views` }, 'No effect: metrics are shown as they are counted.');
    }
  }

  #onRelease(component: string): void {
    const left = (this.#instances.get(component) ?? 1) - 1;
    if (left > 0) this.#instances.set(component, left);
    else {
      this.#instances.delete(component);
      this.drops.forget(component);
    }
  }

  async #startReader(reader: MetricReaderSettings, listeners: ListenerPool): Promise<void> {
    const prometheus = reader.pull?.exporter.prometheus;
    if (prometheus) this.#endpoints.push(await this.#serve(prometheus, listeners));
    if (!reader.periodic) return;
    const { startMetricExport } = await import('./metric-export.ts');
    const { resource, now } = this.#options;
    this.#exports.push(
      await startMetricExport(reader.periodic, {
        store: this.#store,
        resource,
        startedUnixMs: this.#startedUnixMs,
        now,
        log: this.logs.root,
      }),
    );
  }

  async #serve(settings: PrometheusSettings, listeners: ListenerPool): Promise<AdminHttp> {
    const { startMetricsEndpoint } = await import('./metrics-endpoint.ts');
    return startMetricsEndpoint({
      settings,
      listeners,
      store: this.#store,
      resource: this.#options.resource,
      onError: (error) => this.logs.root.error({ error }, 'The metrics could not be rendered.'),
    });
  }
}
