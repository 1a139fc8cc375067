// Which pipelines the further threads of `service.workers` run: those whose every part may exist more than once.

import type { AgentConfiguration, ConfiguredComponent, PipelineConfig } from '../config/configuration.ts';

/** A pipeline that runs on the main thread alone, and the component that is why. */
export interface SinglePipeline {
  readonly id: string;
  readonly because: string;
}

export interface Copies {
  /** What a further thread runs. */
  readonly configuration: AgentConfiguration;
  readonly single: readonly SinglePipeline[];
}

/**
 * Pipelines that share a receiver or a connector stand or fall together: a copy of the receiver would otherwise take
 * data whose other half only the main thread can treat.
 */
export function copiesOf(configuration: AgentConfiguration): Copies {
  const { pipelines } = configuration.service;
  const because = new Map<string, string>();
  for (const [id, pipeline] of pipelines) {
    const whole = componentsOf(configuration, pipeline).find(([, one]) => !runsInCopies(one));
    if (whole) because.set(id, `${whole[0]}:${whole[1].id}`);
  }
  // Each round carries the reason one pipeline further; a configuration has few.
  for (let changed = true; changed;) {
    changed = false;
    for (const [id, pipeline] of pipelines) {
      if (because.has(id)) continue;
      const neighbour = [...pipelines].find(
        ([other, its]) => because.has(other) && sharesEntry(configuration, pipeline, its),
      );
      if (!neighbour) continue;
      because.set(id, because.get(neighbour[0]) ?? '');
      changed = true;
    }
  }
  const isCopied = (id: string): boolean => !because.has(id);
  return {
    configuration: {
      ...configuration,
      service: {
        ...configuration.service,
        extensions: configuration.service.extensions.filter((id) => {
          const extension = configuration.extensions.get(id);
          return extension !== undefined && runsInCopies(extension);
        }),
        pipelines: new Map([...pipelines].filter(([id]) => isCopied(id))),
      },
    },
    single: [...because].map(([id, component]) => ({ id, because: component })),
  };
}

function runsInCopies({ declaration, config }: ConfiguredComponent): boolean {
  return declaration.runsInCopies?.(config) ?? false;
}

function componentsOf(
  configuration: AgentConfiguration,
  pipeline: PipelineConfig,
): (readonly [string, ConfiguredComponent])[] {
  const { receivers, processors, exporters, connectors } = configuration;
  const find = (kind: string, from: ReadonlyMap<string, ConfiguredComponent>, ids: readonly string[]) =>
    ids.flatMap((id) => {
      const connector = connectors.get(id);
      const component = from.get(id);
      if (component) return [[kind, component] as const];
      return connector ? [['connector', connector] as const] : [];
    });
  return [
    ...find('receiver', receivers, pipeline.receivers),
    ...find('processor', processors, pipeline.processors),
    ...find('exporter', exporters, pipeline.exporters),
  ];
}

/** Whether data can enter both at one place. */
function sharesEntry(configuration: AgentConfiguration, one: PipelineConfig, other: PipelineConfig): boolean {
  const isConnector = (id: string): boolean => configuration.connectors.has(id);
  const joints = ({ receivers, exporters }: PipelineConfig): string[] => [
    ...receivers,
    ...exporters.filter(isConnector),
  ];
  const others = new Set(joints(other));
  return joints(one).some((id) => others.has(id));
}
