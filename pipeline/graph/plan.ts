// From pipelines as configured to nodes and edges: which component instances there will be, what feeds what, in which
// order they start, and whether data could run in a circle.

import type { ConnectorDeclaration } from '../component.ts';
import type { AgentConfiguration, ConfiguredComponent, PipelineConfig } from '../config/configuration.ts';
import { AgentError } from '../errors.ts';
import type { Signal } from '../signal.ts';
import { signatureOf } from './signature.ts';

/** One component instance of the graph. */
export interface PlannedNode {
  /** Unique and stable over reloads: `receiver:otlp`, `processor:batch@traces/front`. */
  readonly key: string;
  readonly kind: 'receiver' | 'processor' | 'exporter' | 'connector';
  readonly component: ConfiguredComponent;
  /** For processors: the pipeline it belongs to. */
  readonly pipeline?: string;
  readonly signal?: Signal;
  /**
   * What has to be the same for a running instance to be kept: the configuration, and what the instance is wired for
   * (a receiver's signals, a connector's outputs); see signature.ts.
   */
  readonly signature: string;
}

export interface PlannedPipeline {
  readonly id: string;
  readonly signal: Signal;
  /** Node keys. */
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export interface GraphPlan {
  /** In topological order, upstream first: the order of stopping. Starting goes backwards. */
  readonly nodes: readonly PlannedNode[];
  readonly pipelines: readonly PlannedPipeline[];
}

/** Fails with an AgentError (GRAPH_CYCLE) that shows the path when connectors close a circle. */
export function planGraph(configuration: AgentConfiguration): GraphPlan {
  const { pipelines } = configuration.service;
  refuseCycles(configuration);
  const nodes = new Map<string, PlannedNode>();
  const planned: PlannedPipeline[] = [];
  for (const [id, pipeline] of pipelines) {
    const receivers = pipeline.receivers.map((name) =>
      configuration.connectors.has(name)
        ? connectorNode(name, configuration, nodes)
        : receiverNode(name, configuration, nodes),
    );
    const processors = pipeline.processors.map((name) => {
      const component = need(configuration.processors, name);
      const key = `processor:${name}@${id}`;
      const signature = signatureOf(component, [pipeline.signal], configuration);
      nodes.set(key, { key, kind: 'processor', component, pipeline: id, signal: pipeline.signal, signature });
      return key;
    });
    const exporters = pipeline.exporters.map((name) => {
      if (configuration.connectors.has(name)) return connectorNode(name, configuration, nodes);
      const component = need(configuration.exporters, name);
      const key = `exporter:${name}`;
      nodes.set(key, {
        key,
        kind: 'exporter',
        component,
        signature: signatureOf(component, [], configuration),
      });
      return key;
    });
    planned.push({ id, signal: pipeline.signal, receivers, processors, exporters });
  }
  return { nodes: sortTopologically([...nodes.values()], planned), pipelines: planned };
}

function receiverNode(name: string, configuration: AgentConfiguration, nodes: Map<string, PlannedNode>): string {
  const key = `receiver:${name}`;
  const component = need(configuration.receivers, name);
  const signals = [...configuration.service.pipelines.values()]
    .filter((pipeline) => pipeline.receivers.includes(name))
    .map((pipeline) => pipeline.signal);
  const signature = signatureOf(component, [...new Set(signals)].sort(), configuration);
  nodes.set(key, { key, kind: 'receiver', component, signature });
  return key;
}

function connectorNode(name: string, configuration: AgentConfiguration, nodes: Map<string, PlannedNode>): string {
  const key = `connector:${name}`;
  const component = need(configuration.connectors, name);
  const outputs = [...configuration.service.pipelines]
    .filter(([, pipeline]) => pipeline.receivers.includes(name))
    .map(([id]) => id);
  const signature = signatureOf(component, outputs.sort(), configuration);
  nodes.set(key, { key, kind: 'connector', component, signature });
  return key;
}

function need(components: ReadonlyMap<string, ConfiguredComponent>, name: string): ConfiguredComponent {
  const component = components.get(name);
  if (!component) throw new Error(`the configuration was validated, yet ${name} is not in it`);
  return component;
}

/** Data enters a connector in pipelines that export to it and leaves in pipelines that receive from it. */
function refuseCycles(configuration: AgentConfiguration): void {
  const { pipelines } = configuration.service;
  const visited = new Set<string>();
  const path: { pipeline: string; connector: string }[] = [];
  const visit = (id: string, pipeline: PipelineConfig): void => {
    const start = path.findIndex((step) => step.pipeline === id);
    if (start !== -1) {
      const circle = path.slice(start).map((step) => `pipeline "${step.pipeline}" → connector "${step.connector}"`);
      throw new AgentError('GRAPH_CYCLE', `data would run in a circle: ${circle.join(' → ')} → pipeline "${id}"`, {
        path: `service::pipelines::${id}`,
        mend: `take connector "${path.at(-1)?.connector}" out of the exporters of pipeline "${path.at(-1)?.pipeline}"`,
      });
    }
    if (visited.has(id)) return;
    for (const name of pipeline.exporters) {
      const connector = configuration.connectors.get(name);
      if (!connector) continue;
      // Components under `connectors` have connector declarations.
      const { pairs } = connector.declaration as ConnectorDeclaration;
      path.push({ pipeline: id, connector: name });
      for (const [nextId, next] of pipelines) {
        if (next.receivers.includes(name) && pairs[pipeline.signal]?.[next.signal] !== undefined) visit(nextId, next);
      }
      path.pop();
    }
    visited.add(id);
  };
  for (const [id, pipeline] of pipelines) visit(id, pipeline);
}

function sortTopologically(nodes: readonly PlannedNode[], pipelines: readonly PlannedPipeline[]): PlannedNode[] {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const next = new Map<string, Set<string>>(nodes.map((node) => [node.key, new Set()]));
  for (const { receivers, processors, exporters } of pipelines) {
    const stages = [receivers, ...processors.map((key) => [key]), exporters];
    for (let index = 0; index + 1 < stages.length; index += 1) {
      for (const from of stages[index] ?? []) for (const to of stages[index + 1] ?? []) next.get(from)?.add(to);
    }
  }
  const ordered: PlannedNode[] = [];
  const done = new Set<string>();
  const visit = (key: string): void => {
    if (done.has(key)) return;
    done.add(key);
    for (const follower of next.get(key) ?? []) visit(follower);
    const node = byKey.get(key);
    if (node) ordered.unshift(node);
  };
  for (const node of nodes) visit(node.key);
  return ordered;
}
