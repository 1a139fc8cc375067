// A component instance in the running graph, and how one is made from its plan.

import type { Admission } from '../admission.ts';
import type {
  Component,
  ComponentContext,
  ComponentKind,
  ConnectorDeclaration,
  ExporterDeclaration,
  ProcessorDeclaration,
  ReceiverDeclaration,
} from '../component.ts';
import type { Consumer } from '../delivery.ts';
import type { DropLog } from '../drops.ts';
import { Entry, Junction } from '../junction.ts';
import type { ListenerPool } from '../listen.ts';
import { ProcessorMeter } from '../processor-meter.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import type { SharedMemory } from '../shared-memory.ts';
import type { ComponentSpans } from '../spans.ts';
import type { ComponentLogger, ComponentMetrics } from '../telemetry.ts';
import type { GraphPlan, PlannedNode } from './plan.ts';
import type { StatusBoard } from './status.ts';

/** Metrics that disappear with their component. */
export type ReleasableMetrics = ComponentMetrics & { release(): void };

/** What the engine draws on for every component. */
export interface EngineServices {
  log(speaker: { readonly kind: ComponentKind; readonly id: string; readonly pipeline?: string }): ComponentLogger;
  metrics(kind: ComponentKind, id: string): ReleasableMetrics;
  /** Undefined while nobody takes the agent's own spans. */
  spans?(kind: ComponentKind, id: string): ComponentSpans | undefined;
  readonly drops: DropLog;
  readonly admission: Admission;
  readonly listeners: ListenerPool;
  readonly memory: SharedMemory;
  readonly now: () => number;
  readonly steadyNow: () => number;
  readonly random: () => number;
}

/** An instance, what goes into it and what comes out of it. */
export interface RunningNode {
  readonly planned: PlannedNode;
  readonly component: Component;
  /** What feeds it; undefined for receivers. */
  readonly entry: Entry | undefined;
  /** Per produced signal for receivers and connectors, under `next` for processors. */
  readonly outputs: ReadonlyMap<string, Junction>;
  readonly metrics: ReleasableMetrics;
}

export interface MakeOptions {
  readonly services: EngineServices;
  readonly status: StatusBoard;
  readonly extension: (id: string) => unknown;
  /** The heads of all pipelines, for connectors that address one. */
  readonly heads: ReadonlyMap<string, Junction>;
}

/** The context of one component. */
export function contextFor(
  key: string,
  kind: ComponentKind,
  id: string,
  pipeline: string | undefined,
  options: Omit<MakeOptions, 'heads'>,
): ComponentContext & { readonly metrics: ReleasableMetrics } {
  const { services, status, extension } = options;
  return {
    id,
    kind,
    ...(pipeline === undefined ? {} : { pipeline }),
    log: services.log({ kind, id, ...(pipeline === undefined ? {} : { pipeline }) }),
    metrics: services.metrics(kind, id),
    spans: services.spans?.(kind, id),
    drops: services.drops,
    admission: services.admission.share(),
    listeners: services.listeners,
    now: services.now,
    steadyNow: services.steadyNow,
    random: services.random,
    status: (name, reason) => status.set(key, name, reason),
    extension,
  };
}

/** Makes the instance; does not start it. Fails when the component refuses its configuration after all. */
export function makeNode(planned: PlannedNode, plan: GraphPlan, options: MakeOptions): RunningNode {
  const { component, kind, key, pipeline } = planned;
  const context = contextFor(key, kind, component.id, pipeline, options);
  const { metrics } = context;
  const { declaration, config } = component;
  // The section a component stands in decides the kind of its declaration; validation has checked that.
  switch (kind) {
    case 'receiver': {
      const outputs = outputsOf(key, plan);
      const instance = (declaration as ReceiverDeclaration).create(config, context, bySignal(outputs));
      return { planned, component: instance, entry: undefined, outputs, metrics };
    }
    case 'processor': {
      const next = new Junction();
      const signal = planned.signal ?? 'traces';
      const meter = new ProcessorMeter(metrics, signal, () => performance.now());
      const instance = (declaration as ProcessorDeclaration).create(config, context, signal, meter.before(next));
      const entry = new Entry(meter.around(instance, context.spans && component.id));
      return { planned, component: instance, entry, outputs: new Map([['next', next]]), metrics };
    }
    case 'exporter': {
      const instance = (declaration as ExporterDeclaration).create(config, context);
      return { planned, component: instance, entry: new Entry(instance), outputs: new Map(), metrics };
    }
    default: {
      const outputs = outputsOf(key, plan);
      const pipelines = new Map<string, Consumer>();
      for (const { id, receivers } of plan.pipelines) {
        const head = options.heads.get(id);
        if (receivers.includes(key) && head) pipelines.set(id, head);
      }
      // Connectors, as said above.
      const instance = (declaration as ConnectorDeclaration).create(config, context, bySignal(outputs), pipelines);
      return { planned, component: instance, entry: new Entry(instance), outputs, metrics };
    }
  }
}

/** One junction per signal that some pipeline receives from the node. */
function outputsOf(key: string, plan: GraphPlan): Map<string, Junction> {
  const outputs = new Map<string, Junction>();
  for (const { signal, receivers } of plan.pipelines) {
    if (receivers.includes(key) && !outputs.has(signal)) outputs.set(signal, new Junction());
  }
  return outputs;
}

function bySignal(outputs: ReadonlyMap<string, Junction>): Partial<Record<Signal, Consumer>> {
  const consumers: Partial<Record<Signal, Consumer>> = {};
  for (const signal of SIGNALS) {
    const junction = outputs.get(signal);
    if (junction) consumers[signal] = junction;
  }
  return consumers;
}
