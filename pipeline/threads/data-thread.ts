// A further data thread, seen from inside: an engine of its own over the pipelines that may exist more than once, driven by
// the main thread's requests.

import type { MessagePort } from 'node:worker_threads';
import { Admission } from '../admission.ts';
import type { EngineView } from '../component.ts';
import { loadConfiguration } from '../config/load.ts';
import type { ComponentRegistry } from '../config/sections.ts';
import { AgentErrors } from '../errors.ts';
import { parseFeatureGates } from '../feature-gates.ts';
import { Engine, type Exchange } from '../graph/engine.ts';
import { flowFigures } from '../graph/flow-figures.ts';
import { SharedListenerPool } from '../listener-pool.ts';
import { ComponentTelemetry, type ComponentTelemetryOptions } from '../own-telemetry/component-telemetry.ts';
import { tracerOf } from '../own-telemetry/own-traces.ts';
import { Views } from '../own-telemetry/views.ts';
import { SharedMemory } from '../shared-memory.ts';
import { steadyNow } from '../steady-clock.ts';
import { VERSION } from '../version.ts';
import { copiesOf } from './copies.ts';
import { ForwardedLogs } from './forwarded-logs.ts';
import { answerAll, type ConfigurationSources, type DataThreadSetup, type News } from './messages.ts';

export interface DataThreadOptions {
  readonly setup: DataThreadSetup;
  readonly port: MessagePort;
  readonly registry: ComponentRegistry;
  readonly sampleTraceIds: ComponentTelemetryOptions['sampleTraceIds'];
}

/** Runs until the main thread asks to stop; then the port is closed, and with it the thread ends. */
export function runDataThread({ setup, port, registry, sampleTraceIds }: DataThreadOptions): void {
  const post = (news: News): void => port.postMessage(news);
  const tracer = setup.traces && tracerOf(setup.traces, Date.now, (span) => post({ news: 'span', span }));
  const telemetry = new ComponentTelemetry({
    level: setup.metricsLevel,
    views: new Views(setup.metricViews),
    logs: new ForwardedLogs(setup.logLevel, post),
    now: Date.now,
    sampleTraceIds,
  });
  const memory = new SharedMemory();
  const engine = new Engine({
    services: {
      log: (speaker) => telemetry.loggerFor(speaker),
      metrics: (kind, id) => telemetry.metricsFor(kind, id),
      spans: (kind, id) => tracer?.forComponent(kind, id),
      drops: telemetry.drops,
      admission: new Admission(setup.admission.limitBytes, setup.admission.shared),
      listeners: new SharedListenerPool({ threads: 'further', maxConnections: setup.maxConnections }),
      memory,
      now: Date.now,
      steadyNow,
      random: Math.random,
    },
    view: (running) => viewOf(running, telemetry),
    onFatal: (component, reason) => post({ news: 'fatal', component, reason }),
    drainTimeoutMs: setup.drainTimeoutMs,
  });
  const tellStates = (): void => post({ news: 'states', states: engine.status.all() });
  engine.status.listen(tellStates);
  let exchange: Exchange | undefined;
  answerAll(port, {
    prepare: async ({ sources, memory: blocks }) => {
      memory.use(blocks);
      exchange = await engine.prepare(await readCopies(sources, registry));
      return undefined;
    },
    commit: async () => {
      await exchange?.commit();
      // Components that were removed are told by their absence.
      tellStates();
      return undefined;
    },
    abort: async () => {
      await exchange?.abort();
      return undefined;
    },
    tell: () => Promise.resolve({ families: telemetry.store.part(), flow: flowFigures(engine) }),
    drops: (traceId) => Promise.resolve(telemetry.drops.recent(traceId)),
    stop: async () => {
      await engine.stop(AbortSignal.timeout(setup.drainTimeoutMs));
      telemetry.drops.close();
      // After the answer, which is sent first.
      setImmediate(() => port.close());
      return undefined;
    },
  });
}

/** The main thread has validated the same texts, so they are valid. */
async function readCopies(sources: ConfigurationSources, registry: ComponentRegistry) {
  const { uris, sets, env, featureGates, texts } = sources;
  const options = { uris, sets, env, featureGates: parseFeatureGates(featureGates), registry, texts: new Map(texts) };
  const { config, errors } = await loadConfiguration(options);
  if (!config) throw new AgentErrors(errors);
  return copiesOf(config).configuration;
}

/** What an extension in this thread may ask; the agent as a whole is known to the main thread alone. */
function viewOf(engine: Engine, telemetry: ComponentTelemetry): EngineView {
  return {
    startedUnixMs: Date.now(),
    version: VERSION,
    pipelines: () => engine.pipelines(),
    states: () => engine.status.all(),
    figures: () => Promise.resolve(telemetry.figures()),
    drops: (traceId) => Promise.resolve(telemetry.drops.recent(traceId)),
    recentErrors: () => [],
    configuration: () => '',
    reload: () => Promise.resolve({ applied: false, messages: ['only the main thread reloads'] }),
    featureGates: () => [],
    onState: (listener) => engine.status.listen(listener),
  };
}
