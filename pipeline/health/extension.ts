// The health check as an extension: the simple check, or the status of components over HTTP and gRPC.

import { parse } from 'yaml';
import { type AdminHandler, type AdminRequest, type AdminResponse, json, NOT_FOUND } from '../admin-http.ts';
import { type AdminListener, startAdminListener } from '../admin-listener.ts';
import type { Extension, ExtensionContext } from '../component.ts';
import { aggregateHealth, type Health, healthOf } from './aggregate.ts';
import { isAvailable, simpleResponse, statusResponse } from './responses.ts';
import {
  type ComponentHealthSettings,
  DEFAULT_HEALTH_GRPC,
  DEFAULT_HEALTH_HTTP,
  type HealthCheckSettings,
  type HealthHttpSettings,
} from './settings.ts';

/** The collector's gate that makes `health_check` answer by the status of components. */
const GATE = 'extension.healthcheck.useComponentStatus';

export class HealthCheck implements Extension {
  readonly #settings: HealthCheckSettings;
  readonly #context: ExtensionContext;
  readonly #rules: ComponentHealthSettings | undefined;
  readonly #servers: AdminListener[] = [];
  #upSinceUnixMs: number | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(settings: HealthCheckSettings, context: ExtensionContext) {
    this.#settings = settings;
    this.#context = context;
    this.#rules = settings.component_health ?? undefined;
  }

  /** The addresses really bound. */
  get bound(): readonly string[] {
    return this.#servers.flatMap(({ bound }) => bound);
  }

  async start(): Promise<void> {
    const context = this.#context;
    this.#unsubscribe = context.engine.onState(() => this.#note());
    this.#note();
    await this.#serve();
    context.log.info({ endpoint: this.bound.join(', ') }, 'Health is served.');
  }

  async #serve(): Promise<void> {
    const { settings, servers, context } = { settings: this.#settings, servers: this.#servers, context: this.#context };
    if (!settings.use_v2 && !this.#isGated()) {
      servers.push(await startAdminListener(context, settings, { handler: (request) => this.#simple(request) }));
      return;
    }
    const http = this.#httpSettings();
    if (http) servers.push(await startAdminListener(context, http, { handler: this.#statusHandler(http) }));
    if (settings.grpc === undefined) return;
    const { startGrpcHealth } = await import('./grpc.ts');
    servers.push(
      await startGrpcHealth({
        context,
        settings: settings.grpc ?? DEFAULT_HEALTH_GRPC,
        rules: this.#rules,
        health: () => this.#health(),
      }),
    );
  }

  async refresh(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.refresh()));
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#unsubscribe?.();
    await Promise.all(this.#servers.map((server) => server.stop(deadline)));
  }

  #isGated(): boolean {
    return this.#context.engine.featureGates().some(({ id, enabled }) => id === GATE && enabled);
  }

  /** With the gate and no section of the second generation, its status is served where the simple check would be. */
  #httpSettings(): HealthHttpSettings | undefined {
    const { http, grpc, path, ...server } = this.#settings;
    if (http !== undefined) return http ?? DEFAULT_HEALTH_HTTP;
    if (grpc !== undefined) return undefined;
    const { config } = DEFAULT_HEALTH_HTTP;
    return { ...server, status: { enabled: true, path, include_attributes: false }, config };
  }

  #health(): Health {
    const rules = this.#rules;
    const onlyRecoverable = rules?.include_recoverable_errors === true && !rules.include_permanent_errors;
    return aggregateHealth(this.#context.engine, onlyRecoverable ? 'recoverable' : 'permanent');
  }

  /** Keeps since when the agent has been available, and says so when that changes. */
  #note(): void {
    const { status, sinceUnixMs } = this.#health();
    const available = isAvailable(status);
    if (available === (this.#upSinceUnixMs !== undefined)) return;
    this.#upSinceUnixMs = available ? sinceUnixMs : undefined;
    this.#context.log.info({ status: available ? 'ready' : 'unavailable' }, 'Health check state change.');
  }

  #simple({ path }: AdminRequest): AdminResponse {
    if (!matches(this.#settings.path, path)) return NOT_FOUND;
    // The pipelines may have become known after the last change of a state.
    this.#note();
    return simpleResponse(this.#upSinceUnixMs, this.#context.now(), this.#settings.response_body);
  }

  #statusHandler({ status, config }: HealthHttpSettings): AdminHandler {
    return (request) => {
      if (status.enabled && matches(status.path, request.path)) return this.#status(request.query);
      // The engine's text has its secrets redacted; so has what becomes of it here.
      if (config.enabled && matches(config.path, request.path))
        return json(200, parse(this.#context.engine.configuration()));
      return NOT_FOUND;
    };
  }

  #status(query: URLSearchParams): AdminResponse {
    const health = healthOf(this.#health(), query.get('pipeline') ?? '');
    if (!health) return { status: 404, type: 'text/plain; charset=utf-8', body: '' };
    return statusResponse({
      health,
      startedUnixMs: this.#context.engine.startedUnixMs,
      nowUnixMs: this.#context.now(),
      rules: this.#rules,
      verbose: query.has('verbose') && query.get('verbose') !== 'false',
    });
  }
}

/** Go's ServeMux: a pattern that ends with / stands for everything below it. */
function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('/') ? path.startsWith(pattern) : path === pattern;
}
