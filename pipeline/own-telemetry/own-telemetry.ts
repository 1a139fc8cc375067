// The agent's own telemetry as one thing: metrics, log and drops for the engine to hand out, and the readers and exporters
// of `service.telemetry` that show them.

import type { AdminHttp } from '../admin-http.ts';
import type { ComponentKind } from '../component.ts';
import type { ListenerPool } from '../listen.ts';
import type { ComponentSpans } from '../spans.ts';
import { ComponentTelemetry, type ComponentTelemetryOptions } from './component-telemetry.ts';
import { lateServerAuthenticator } from '../transport/authentication.ts';
import { AgentLogs } from './logs.ts';
import { OwnTraces, recordsTraces } from './own-traces.ts';
import { bindProcessMetrics } from './process-metrics.ts';
import type { Running } from './running.ts';
import {
  DEFAULT_READERS,
  type MetricReaderSettings,
  type OwnResource,
  type OwnTelemetrySettings,
  type PrometheusSettings,
} from './settings.ts';
import { Views } from './views.ts';

export interface OwnTelemetryOptions {
  readonly settings?: OwnTelemetrySettings;
  /** From `ownResource`. */
  readonly resource: OwnResource;
  readonly now: () => number;
  readonly sampleTraceIds: ComponentTelemetryOptions['sampleTraceIds'];
  /** A running extension, for the authentication of the metrics endpoint; asked for with every request. */
  readonly extension?: (id: string) => unknown;
}

/** What the main thread's components speak into, and all the ways the agent as a whole shows it. */
export class OwnTelemetry extends ComponentTelemetry {
  readonly logs: AgentLogs;
  /** Absent where nobody takes spans. */
  readonly traces: OwnTraces | undefined;
  readonly #options: OwnTelemetryOptions;
  readonly #startedUnixMs: number;
  readonly #endpoints: AdminHttp[] = [];
  readonly #exports: Running[] = [];

  /** Opens the log's outputs. Fails with LOG_OUTPUT, TELEMETRY_VIEW or TELEMETRY_EXPORT. */
  constructor(options: OwnTelemetryOptions) {
    const { settings = {}, resource, now, sampleTraceIds } = options;
    const logs = new AgentLogs({ settings: settings.logs ?? {}, resource, now });
    const { level = 'normal', views } = settings.metrics ?? {};
    super({ level, views: views?.length ? new Views(views, logs.root) : undefined, logs, now, sampleTraceIds });
    this.logs = logs;
    const { traces } = settings;
    if (traces && recordsTraces(traces)) {
      this.traces = new OwnTraces({ settings: traces, resource, store: this.store, log: logs.root, now });
      this.#exports.push(this.traces);
    }
    this.#options = options;
    this.#startedUnixMs = now();
    bindProcessMetrics(this.store, this, () => now() - this.#startedUnixMs);
  }

  /** Where the metrics are served, `host:port`. */
  get bound(): readonly string[] {
    return this.#endpoints.flatMap(({ bound }) => bound);
  }

  /** Opens the metric endpoints and starts the exports. Fails with LISTEN_FAILED, TLS_MATERIAL or TELEMETRY_EXPORT. */
  async start(listeners: ListenerPool): Promise<void> {
    const { settings = {} } = this.#options;
    if (settings.metrics?.level !== 'none') {
      for (const reader of settings.metrics?.readers ?? DEFAULT_READERS) await this.#startReader(reader, listeners);
    }
    await this.traces?.start();
    for (const processor of settings.logs?.processors ?? []) {
      const { startLogExport } = await import('./log-export.ts');
      this.#exports.push(await startLogExport(processor, { logs: this.logs, resource: this.#options.resource }));
    }
  }

  spansFor(kind: ComponentKind, id: string): ComponentSpans | undefined {
    return this.traces?.tracer.forComponent(kind, id);
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.drops.close();
    await Promise.all([...this.#endpoints, ...this.#exports].map((running) => running.stop(deadline)));
    this.logs.close();
  }

  async #startReader(reader: MetricReaderSettings, listeners: ListenerPool): Promise<void> {
    const prometheus = reader.pull?.exporter.prometheus;
    if (prometheus) this.#endpoints.push(await this.#serve(prometheus, listeners));
    if (!reader.periodic) return;
    const { startMetricExport } = await import('./metric-export.ts');
    const { resource, now } = this.#options;
    this.#exports.push(
      await startMetricExport(reader.periodic, {
        store: this.store,
        resource,
        startedUnixMs: this.#startedUnixMs,
        now,
        log: this.logs.root,
      }),
    );
  }

  async #serve(settings: PrometheusSettings, listeners: ListenerPool): Promise<AdminHttp> {
    const { startMetricsEndpoint } = await import('./metrics-endpoint.ts');
    const { extension = () => undefined } = this.#options;
    const { auth } = settings;
    const speaker = auth && { kind: 'extension' as const, id: auth.authenticator };
    const served = await startMetricsEndpoint({
      ...(speaker
        ? {
            authentication: lateServerAuthenticator(auth, {
              ...speaker,
              log: this.loggerFor(speaker),
              metrics: this.metricsFor(speaker.kind, speaker.id),
              extension,
            }),
          }
        : {}),
      settings,
      listeners,
      store: this.store,
      resource: this.#options.resource,
      onError: (error) => this.logs.root.error({ error }, 'The metrics could not be rendered or served.'),
    });
    this.logs.root.info({ endpoint: served.bound.join(', ') }, 'Metrics are served.');
    return served;
  }
}
