// The running agent: configuration, own telemetry and engine put together, and what it does when told to reload or stop.

import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { Admission } from '../pipeline/admission.ts';
import type { EngineView, ReloadResult } from '../pipeline/component.ts';
import type { AgentConfiguration } from '../pipeline/config/configuration.ts';
import { loadConfiguration } from '../pipeline/config/load.ts';
import { printConfiguration } from '../pipeline/config/print.ts';
import { AgentError, AgentErrors } from '../pipeline/errors.ts';
import type { FeatureGates } from '../pipeline/feature-gates.ts';
import { Engine } from '../pipeline/graph/engine.ts';
import { SharedListenerPool } from '../pipeline/listener-pool.ts';
import { OwnTelemetry } from '../pipeline/own-telemetry/own-telemetry.ts';
import { ownResource } from '../pipeline/own-telemetry/settings.ts';
import { VERSION } from '../pipeline/version.ts';
import { sampleTraceIds } from '../proto/trace-ids.ts';
import { registry } from './registry.ts';

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

/**
 * Data in flight and queued may take this share of a configured memory limit. The rest is the process itself, about 80 MiB,
 * and what was in flight a moment ago and is not collected yet (measured: bench/README.md, overload)…
 */
const ADMITTED_SHARE_OF_LIMIT = 0.15;
/** …or of the machine's memory where no memory_limiter says more. */
const ADMITTED_SHARE_OF_MACHINE = 0.25;
const ADMITTED_MIN_BYTES = 16 << 20;

export class Agent {
  readonly #options: AgentOptions;
  readonly #startedUnixMs = Date.now();
  readonly #telemetry: OwnTelemetry;
  readonly #engine: Engine;
  readonly #listeners: SharedListenerPool;
  #configuration: AgentConfiguration;
  #reloading: Promise<ReloadResult> | undefined;

  private constructor(options: AgentOptions, configuration: AgentConfiguration) {
    this.#options = options;
    this.#configuration = configuration;
    const { telemetry } = configuration.service;
    this.#listeners = new SharedListenerPool();
    this.#telemetry = new OwnTelemetry({
      settings: telemetry,
      resource: ownResource({ version: VERSION, instanceId: randomUUID() }, telemetry.resource),
      now: Date.now,
      sampleTraceIds,
    });
    this.#engine = new Engine({
      services: {
        log: (speaker) => this.#telemetry.loggerFor(speaker),
        metrics: (kind, id) => this.#telemetry.metricsFor(kind, id),
        drops: this.#telemetry.drops,
        admission: new Admission(admittedBytes(configuration)),
        listeners: this.#listeners,
        now: Date.now,
        random: Math.random,
      },
      view: (engine) => this.#view(engine),
      onFatal: options.onFatal,
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
    });
  }

  /** Reads the configuration and starts everything. Fails with AgentError or AgentErrors; nothing runs then. */
  static async start(options: AgentOptions): Promise<Agent> {
    const agent = new Agent(options, await readConfiguration(options));
    try {
      await agent.#telemetry.start(agent.#listeners);
      await agent.#engine.apply(agent.#configuration);
    } catch (error) {
      await agent.#telemetry.stop(AbortSignal.timeout(DRAIN_TIMEOUT_MS));
      throw error;
    }
    if (agent.#configuration.service.workers > 1) {
      agent.#log.warn({}, 'service.workers is accepted, but this version runs one event loop');
    }
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
    await this.#engine.stop(deadline);
    this.#log.info({}, 'Stopped');
    await this.#telemetry.stop(deadline);
  }

  get #log() {
    return this.#telemetry.logs.root;
  }

  async #reload(): Promise<ReloadResult> {
    try {
      const configuration = await readConfiguration(this.#options);
      const change = await this.#engine.apply(configuration);
      this.#configuration = configuration;
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

  #view(engine: Engine): EngineView {
    return {
      startedUnixMs: this.#startedUnixMs,
      version: VERSION,
      pipelines: () => engine.pipelines(),
      states: () => engine.status.all(),
      figures: async () => {
        await this.#telemetry.store.gather();
        return [...this.#telemetry.figures(), ...flowFigures(engine)];
      },
      drops: (traceId) => this.#telemetry.drops.recent(traceId),
      recentErrors: () => this.#telemetry.logs.recentErrors(),
      configuration: () => printConfiguration(this.#configuration),
      reload: () => this.reload(),
      featureGates: () => this.#options.featureGates.all(),
      onState: (listener) => engine.status.listen(listener),
    };
  }
}

async function readConfiguration(options: AgentOptions): Promise<AgentConfiguration> {
  const { uris, sets, env, featureGates } = options;
  const loaded = await loadConfiguration({ uris, sets, env, featureGates, registry });
  if (loaded.config && loaded.errors.length === 0) return loaded.config;
  if (loaded.errors.length === 0)
    throw new AgentError('CONFIG_COMPONENT_UNAVAILABLE', `not available here: ${loaded.unavailable.join(', ')}`);
  throw new AgentErrors(loaded.errors);
}

/** How many bytes may be in flight and queued: known exactly, and therefore the limit that holds before any other. */
function admittedBytes(configuration: AgentConfiguration): number {
  let limitBytes = os.totalmem() * ADMITTED_SHARE_OF_MACHINE;
  for (const { type, config } of configuration.processors.values()) {
    if (type !== 'memory_limiter') continue;
    // The schema of memory_limiter gives a number; 0 where only a percentage is set.
    const { limit_mib: limitMib } = config as { limit_mib: number };
    if (limitMib > 0) limitBytes = Math.min(limitBytes, limitMib * 2 ** 20 * ADMITTED_SHARE_OF_LIMIT);
  }
  return Math.max(ADMITTED_MIN_BYTES, limitBytes);
}

/** What flows through every component, for the live view. */
function flowFigures(engine: Engine) {
  return engine.nodes().flatMap(({ planned, entry }) => {
    if (!entry) return [];
    const [component = planned.key] = planned.key.split('@');
    const labels = { component, ...(planned.pipeline === undefined ? {} : { pipeline: planned.pipeline }) };
    const { flow } = entry;
    return [
      { name: 'genesis_component_consumed_items', labels, value: flow.consumedItems },
      { name: 'genesis_component_refused_items', labels, value: flow.refusedItems },
      { name: 'genesis_component_rejected_items', labels, value: flow.rejectedItems },
      { name: 'genesis_component_in_flight_batches', labels, value: flow.inFlightBatches },
      { name: 'genesis_component_in_flight_bytes', labels, value: flow.inFlightBytes },
    ];
  });
}
