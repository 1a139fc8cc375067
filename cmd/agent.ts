// The running agent: configuration, own telemetry and engine put together, and what it does when told to reload or stop.

import { randomUUID } from 'node:crypto';
import { Admission } from '../pipeline/admission.ts';
import type { EngineView, ReloadResult } from '../pipeline/component.ts';
import type { AgentConfiguration } from '../pipeline/config/configuration.ts';
import { loadConfiguration } from '../pipeline/config/load.ts';
import { printConfiguration } from '../pipeline/config/print.ts';
import { AgentError, AgentErrors } from '../pipeline/errors.ts';
import type { FeatureGates } from '../pipeline/feature-gates.ts';
import { Engine, type AppliedChange } from '../pipeline/graph/engine.ts';
import { addFigures, flowFigures } from '../pipeline/graph/flow-figures.ts';
import { SharedListenerPool } from '../pipeline/listener-pool.ts';
import { OwnTelemetry } from '../pipeline/own-telemetry/own-telemetry.ts';
import { ownResource } from '../pipeline/own-telemetry/settings.ts';
import { SharedMemory } from '../pipeline/shared-memory.ts';
import { steadyNow } from '../pipeline/steady-clock.ts';
import { copiesOf } from '../pipeline/threads/copies.ts';
import type { ConfigurationSources } from '../pipeline/threads/messages.ts';
import { joinStates } from '../pipeline/threads/thread-states.ts';
import { ThreadTeam } from '../pipeline/threads/thread-team.ts';
import { VERSION } from '../pipeline/version.ts';
import { sampleTraceIds } from '../proto/trace-ids.ts';
import { memoryBudget } from './memory-budget.ts';
import { registry } from './registry.ts';
import { spawnDataThread } from './spawn-data-thread.ts';

export interface AgentOptions {
  /** As given on the command line. */
  readonly uris: readonly string[];
  readonly sets: readonly string[];
  readonly featureGates: FeatureGates;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A component failed for good: the process should end. */
  readonly onFatal: (component: string, reason: string) => void;
}

/** How long a reload waits for replaced components, and a stop for everything, to drain. */
const DRAIN_TIMEOUT_MS = 25_000;

const TOO_MANY_CONNECTIONS =
  'Connections beyond the limit were closed; raise memory_limiter::limit_mib, or find out who opens them';

export class Agent {
  readonly #options: AgentOptions;
  readonly #startedUnixMs = Date.now();
  readonly #telemetry: OwnTelemetry;
  readonly #engine: Engine;
  readonly #listeners: SharedListenerPool;
  readonly #memory = new SharedMemory();
  readonly #team: ThreadTeam;
  #configuration: AgentConfiguration;
  #reloading: Promise<ReloadResult> | undefined;

  private constructor(options: AgentOptions, configuration: AgentConfiguration) {
    this.#options = options;
    this.#configuration = configuration;
    const { telemetry, workers } = configuration.service;
    const { admittedBytes, maxConnections } = memoryBudget(configuration);
    this.#listeners = new SharedListenerPool({
      ...(workers > 1 ? { threads: 'first' } : {}),
      maxConnections,
      onClosed: (closed) => this.#log.warn({ ...closed, limit: maxConnections }, TOO_MANY_CONNECTIONS),
    });
    this.#telemetry = new OwnTelemetry({
      settings: telemetry,
      resource: ownResource({ version: VERSION, instanceId: randomUUID() }, telemetry.resource),
      now: Date.now,
      sampleTraceIds,
      extension: (id) => this.#engine.extension(id),
    });
    const admission = new Admission(admittedBytes);
    this.#engine = new Engine({
      services: {
        log: (speaker) => this.#telemetry.loggerFor(speaker),
        metrics: (kind, id) => this.#telemetry.metricsFor(kind, id),
        spans: (kind, id) => this.#telemetry.spansFor(kind, id),
        drops: this.#telemetry.drops,
        admission,
        listeners: this.#listeners,
        memory: this.#memory,
        now: Date.now,
        steadyNow,
        random: Math.random,
      },
      view: (engine) => this.#view(engine),
      onFatal: options.onFatal,
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
    });
    this.#team = new ThreadTeam({
      threads: workers - 1,
      setup: {
        logLevel: this.#telemetry.logs.level,
        metricsLevel: telemetry.metrics?.level ?? 'normal',
        metricViews: telemetry.metrics?.views ?? [],
        traces: this.#telemetry.traces?.rules,
        admission: { limitBytes: admission.limitBytes, shared: admission.shared },
        maxConnections,
        drainTimeoutMs: DRAIN_TIMEOUT_MS,
      },
      spawn: spawnDataThread,
      logs: this.#telemetry.logs,
      store: this.#telemetry.store,
      onSpan: (span) => this.#telemetry.traces?.take(span),
      onFatal: options.onFatal,
    });
  }

  /** Reads the configuration and starts everything. Fails with AgentError or AgentErrors; nothing runs then. */
  static async start(options: AgentOptions): Promise<Agent> {
    const { configuration, sources } = await readConfiguration(options);
    const agent = new Agent(options, configuration);
    try {
      await agent.#telemetry.start(agent.#listeners);
      await agent.#apply(configuration, sources);
    } catch (error) {
      const deadline = AbortSignal.timeout(DRAIN_TIMEOUT_MS);
      await agent.#team.stop();
      await agent.#telemetry.stop(deadline);
      throw error;
    }
    agent.#sayWhatRunsOnce();
    agent.#log.info({ version: VERSION, pipelines: agent.#engine.pipelines().length }, 'Everything is ready');
    return agent;
  }

  /** Reads the configuration again and applies it whole or not at all. Calls that come meanwhile share the result. */
  reload(): Promise<ReloadResult> {
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /** Drains and stops. */
  async stop(): Promise<void> {
    this.#log.info({}, 'Stopping: draining what is in flight');
    const deadline = AbortSignal.timeout(DRAIN_TIMEOUT_MS);
    await Promise.all([this.#team.stop(), this.#engine.stop(deadline)]);
    this.#log.info({}, 'Stopped');
    await this.#telemetry.stop(deadline);
  }

  get #log() {
    return this.#telemetry.logs.root;
  }

  async #reload(): Promise<ReloadResult> {
    try {
      const { configuration, sources } = await readConfiguration(this.#options);
      const { workers } = configuration.service;
      const before = this.#configuration.service.workers;
      const change = await this.#apply(configuration, sources);
      this.#configuration = configuration;
      if (workers !== before) {
        this.#log.warn({ before, after: workers }, 'service.workers has changed, which takes effect at the next start');
      }
      this.#log.info({ ...change }, 'Configuration reloaded');
      const { kept, started, stopped } = change;
      return {
        applied: true,
        messages: [
          `kept ${kept}`,
          ...started.map((key) => `started ${key}`),
          ...stopped.map((key) => `stopped ${key}`),
        ],
      };
    } catch (error) {
      const messages = error instanceof AgentErrors ? error.errors.map(String) : [String(error)];
      this.#log.error({ errors: messages }, 'The new configuration was refused; the old one stays in use');
      return { applied: false, messages };
    }
  }

  /** All threads start what is new, and only when every one of them could do the joints turn. */
  async #apply(configuration: AgentConfiguration, sources: ConfigurationSources): Promise<AppliedChange> {
    const exchange = await this.#engine.prepare(configuration);
    try {
      await this.#team.prepare({ sources, memory: this.#memory.blocks });
    } catch (error) {
      await exchange.abort();
      throw error;
    }
    const [change] = await Promise.all([exchange.commit(), this.#team.commit()]);
    return change;
  }

  #sayWhatRunsOnce(): void {
    if (this.#configuration.service.workers === 1) return;
    for (const { id, because } of copiesOf(this.#configuration).single) {
      this.#log.info({ pipeline: id, component: because }, 'This pipeline runs on the main thread only');
    }
  }

  #view(engine: Engine): EngineView {
    return {
      startedUnixMs: this.#startedUnixMs,
      version: VERSION,
      pipelines: () => engine.pipelines(),
      states: () => joinStates(engine.status.all(), this.#team.states()),
      figures: async () => {
        await this.#telemetry.store.gather();
        return [...this.#telemetry.figures(), ...addFigures(flowFigures(engine), ...this.#team.flows())];
      },
      drops: async (traceId) =>
        [...this.#telemetry.drops.recent(traceId), ...(await this.#team.drops(traceId))].toSorted(
          (a, b) => b.timeUnixMs - a.timeUnixMs,
        ),
      recentErrors: () => this.#telemetry.logs.recentErrors(),
      configuration: () => printConfiguration(this.#configuration),
      reload: () => this.reload(),
      featureGates: () => this.#options.featureGates.all(),
      onState: (listener) => {
        const forget = [engine.status.listen(listener), this.#team.listen(listener)];
        return () => {
          for (const one of forget) one();
        };
      },
    };
  }
}

async function readConfiguration(
  options: AgentOptions,
): Promise<{ configuration: AgentConfiguration; sources: ConfigurationSources }> {
  const { uris, sets, env, featureGates } = options;
  const texts = new Map<string, string>();
  const loaded = await loadConfiguration({ uris, sets, env, featureGates, registry, texts });
  if (loaded.config && loaded.errors.length === 0) {
    const gates = featureGates.all().map(({ id, enabled }) => (enabled ? id : `-${id}`));
    return {
      configuration: loaded.config,
      sources: { uris, sets, env: { ...env }, featureGates: gates.join(','), texts },
    };
  }
  if (loaded.errors.length === 0)
    throw new AgentError('CONFIG_COMPONENT_UNAVAILABLE', `not available here: ${loaded.unavailable.join(', ')}`);
  throw new AgentErrors(loaded.errors);
}
