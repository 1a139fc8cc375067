// The service section: which extensions run and how pipelines join the components, checked against what is configured.

import { z } from 'zod';
import { formatComponentId, parseComponentId } from '../component-id.ts';
import { AgentError } from '../errors.ts';
import type { FeatureGates } from '../feature-gates.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import type { AgentConfiguration, PipelineConfig } from './configuration.ts';
import { decode } from './decode.ts';
import { nearestName } from './nearest.ts';
import { entryOf, KEY_SEPARATOR, nearestNode, type ConfigNode, type MapNode } from './node.ts';
import type { Findings, Section, SectionEntry, SectionName } from './sections.ts';
import { serviceTelemetrySettings } from './service-telemetry.ts';

const pipelineSettings = z.strictObject({
  receivers: z
    .array(z.string())
    .default([])
    .describe('Where the data comes from: receivers, and connectors of other pipelines.'),
  processors: z.array(z.string()).default([]).describe('What happens to it, in this order.'),
  exporters: z.array(z.string()).default([]).describe('Where it goes: exporters, and connectors to other pipelines.'),
});

export const serviceSettings = z.strictObject({
  extensions: z.array(z.string()).default([]).describe('The extensions to run, in start order.'),
  pipelines: z
    .record(z.string(), pipelineSettings)
    .default({})
    .describe('Pipelines by id: traces, metrics, logs or profiles, optionally with a /name.'),
  telemetry: serviceTelemetrySettings.prefault({}).describe('What the agent says about itself.'),
  workers: z
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe(
      'How many threads take data, each with its own copy of the pipelines whose components can be copied; the others run on the first alone. A queue and the connections to a destination exist once per thread.',
    ),
});

type Sections = Readonly<Record<SectionName, Section>>;

/** Reads the section and checks it; findings go to `findings`. Undefined when it can not be decoded. */
export function readService(
  root: MapNode,
  sections: Sections,
  gates: FeatureGates,
  findings: Findings,
): AgentConfiguration['service'] | undefined {
  const node: ConfigNode = entryOf(root, 'service')?.node ?? { kind: 'map', entries: new Map(), at: root.at };
  const decoded = decode(serviceSettings, node, ['service']);
  findings.errors.push(...decoded.errors, ...textForLists(node));
  if (!('value' in decoded)) return undefined;
  const reader = new ServiceReader(node, sections, gates, findings);
  const { telemetry, workers } = decoded.value;
  const extensions = reader.extensions(decoded.value.extensions);
  const pipelines = reader.pipelines(decoded.value.pipelines);
  reader.checkTelemetry(telemetry, extensions);
  return { extensions, pipelines, telemetry, workers, raw: decoded.input };
}

/** Lists of ids are never split from a text at its commas, as the collector splits lists of strings elsewhere. */
function textForLists(node: ConfigNode): AgentError[] {
  const pipelines = entryOf(node, 'pipelines')?.node;
  const ids = pipelines?.kind === 'map' ? [...pipelines.entries.keys()] : [];
  const lists = ids.flatMap((id) => ['receivers', 'processors', 'exporters'].map((role) => ['pipelines', id, role]));
  return [['extensions'], ...lists].flatMap((path) => {
    const { node: found, depth } = nearestNode(node, path);
    if (depth < path.length || found.kind !== 'scalar' || typeof found.value !== 'string') return [];
    return [
      new AgentError('CONFIG_TYPE_WRONG', `expected a list, found the text ${JSON.stringify(found.value)}`, {
        at: found.at,
        path: ['service', ...path].join(KEY_SEPARATOR),
        mend: `Write it in brackets: [${found.value}]`,
      }),
    ];
  });
}

type Role = 'receivers' | 'processors' | 'exporters';

class ServiceReader {
  readonly #node: ConfigNode;
  readonly #sections: Sections;
  readonly #gates: FeatureGates;
  readonly #findings: Findings;

  constructor(node: ConfigNode, sections: Sections, gates: FeatureGates, findings: Findings) {
    this.#node = node;
    this.#sections = sections;
    this.#gates = gates;
    this.#findings = findings;
  }

  extensions(texts: readonly string[]): string[] {
    const entries = texts.map((text, index) =>
      this.#reference(text, ['extensions', index], 'extension', ['extensions']),
    );
    return [...new Set(entries.flatMap((entry) => (entry ? [entry.id] : [])))];
  }

  /** The metrics endpoint is open before the extensions run; what it asks of them is checked here. */
  checkTelemetry({ metrics }: z.output<typeof serviceTelemetrySettings>, extensions: readonly string[]): void {
    metrics.readers.forEach(({ pull }, index) => {
      const id = pull?.exporter.prometheus?.auth?.authenticator;
      if (id === undefined || extensions.includes(id)) return;
      const path = [
        'telemetry',
        'metrics',
        'readers',
        index,
        'pull',
        'exporter',
        'prometheus',
        'auth',
        'authenticator',
      ];
      this.#error('CONFIG_REFERENCE_UNKNOWN', path, `${id} is not among service::extensions`);
    });
  }

  pipelines(given: Readonly<Record<string, z.output<typeof pipelineSettings>>>): Map<string, PipelineConfig> {
    const pipelines = new Map<string, PipelineConfig>();
    for (const [text, settings] of Object.entries(given)) {
      const id = this.#pipelineId(text);
      if (!id) continue;
      if (pipelines.has(id.text))
        this.#error('CONFIG_ID_TWICE', ['pipelines', text], `the pipeline "${id.text}" is configured twice`);
      pipelines.set(id.text, this.#pipeline(text, id.signal, settings));
    }
    if (pipelines.size === 0 && Object.keys(given).length === 0 && !this.#gates.isEnabled('service.AllowNoPipelines')) {
      this.#error('CONFIG_PIPELINE_INCOMPLETE', ['pipelines'], 'there is no pipeline; the service needs at least one');
    }
    this.#checkConnectors(pipelines);
    return pipelines;
  }

  #pipelineId(text: string): { text: string; signal: Signal } | undefined {
    const path = ['pipelines', text];
    const parsed = parseComponentId(text);
    if (typeof parsed === 'string') {
      this.#error('CONFIG_ID_INVALID', path, `"${text}" is not a pipeline id: ${parsed}`);
      return undefined;
    }
    const signal = SIGNALS.find((each) => each === parsed.type);
    if (!signal) {
      const near = nearestName(parsed.type, SIGNALS);
      const hint = near === undefined ? '' : `; did you mean "${near}"?`;
      this.#error(
        'CONFIG_ID_INVALID',
        path,
        `a pipeline id begins with one of ${SIGNALS.join(', ')}, not with "${parsed.type}"${hint}`,
      );
      return undefined;
    }
    if (signal === 'profiles' && !this.#gates.isEnabled('service.profilesSupport')) {
      this.#error(
        'CONFIG_GATED',
        path,
        'pipelines for profiles are switched off by the feature gate service.profilesSupport',
        'Start with --feature-gates service.profilesSupport',
      );
    }
    return { text: formatComponentId(parsed), signal };
  }

  #pipeline(text: string, signal: Signal, settings: z.output<typeof pipelineSettings>): PipelineConfig {
    const path = ['pipelines', text];
    for (const role of ['receivers', 'exporters'] as const) {
      if (settings[role].length === 0) {
        this.#error('CONFIG_PIPELINE_INCOMPLETE', path, `the pipeline has no ${role}; it needs at least one`);
      }
    }
    const resolve = (role: Role): string[] => this.#references(settings[role], [...path, role], role, signal);
    return {
      signal,
      receivers: [...new Set(resolve('receivers'))],
      processors: this.#withoutRepeats(resolve('processors'), [...path, 'processors']),
      exporters: [...new Set(resolve('exporters'))],
    };
  }

  #references(texts: readonly string[], path: readonly PropertyKey[], role: Role, signal: Signal): string[] {
    const where: SectionName[] = role === 'processors' ? ['processors'] : [role, 'connectors'];
    const kind = role.slice(0, -1);
    return texts.flatMap((text, index) => {
      const entry = this.#reference(text, [...path, index], kind, where);
      if (!entry) return [];
      const { declaration } = entry;
      if (declaration && 'signals' in declaration && !declaration.signals[signal]) {
        const supported = Object.keys(declaration.signals).join(', ');
        this.#error(
          'CONFIG_SIGNAL_UNSUPPORTED',
          [...path, index],
          `the ${kind} "${text}" does not handle ${signal}; it handles ${supported}`,
        );
      }
      return [entry.id];
    });
  }

  #reference(
    text: string,
    path: readonly PropertyKey[],
    kind: string,
    where: readonly SectionName[],
  ): SectionEntry | undefined {
    const parsed = parseComponentId(text);
    if (typeof parsed === 'string') {
      this.#error('CONFIG_ID_INVALID', path, `"${text}" is not a component id: ${parsed}`);
      return undefined;
    }
    const id = formatComponentId(parsed);
    for (const section of where) {
      const entry = this.#sections[section].entries.get(id);
      if (entry) return entry;
    }
    const near = nearestName(
      id,
      where.flatMap((section) => [...this.#sections[section].entries.keys()]),
    );
    const hint = near === undefined ? '' : `; did you mean "${near}"?`;
    this.#error(
      'CONFIG_REFERENCE_UNKNOWN',
      path,
      `the ${kind} "${id}" is not configured in ${where.join(' or ')}${hint}`,
    );
    return undefined;
  }

  #withoutRepeats(ids: readonly string[], path: readonly PropertyKey[]): string[] {
    const seen = new Set<string>();
    for (const [index, id] of ids.entries()) {
      if (seen.has(id))
        this.#error('CONFIG_PROCESSOR_TWICE', [...path, index], `the processor "${id}" stands twice in this pipeline`);
      seen.add(id);
    }
    return [...seen];
  }

  /** Every use of a connector needs one on the other side that it can join it with. */
  #checkConnectors(pipelines: ReadonlyMap<string, PipelineConfig>): void {
    const connectors = new Set(this.#sections.connectors.entries.values());
    for (const { id, declaration } of connectors) {
      if (declaration?.kind !== 'connector') continue;
      const uses = (role: 'receivers' | 'exporters') =>
        [...pipelines].filter(([, pipeline]) => pipeline[role].includes(id));
      const from = uses('exporters');
      const to = uses('receivers');
      const joins = (a: PipelineConfig, b: PipelineConfig) => declaration.pairs[a.signal]?.[b.signal] !== undefined;
      for (const [pipelineId, pipeline] of from) {
        if (to.some(([, other]) => joins(pipeline, other))) continue;
        this.#connectorError(
          pipelineId,
          'exporters',
          `the connector "${id}" is an exporter of ${pipelineId} but a receiver of no pipeline that it can feed from ${pipeline.signal}`,
        );
      }
      for (const [pipelineId, pipeline] of to) {
        if (from.some(([, other]) => joins(other, pipeline))) continue;
        this.#connectorError(
          pipelineId,
          'receivers',
          `the connector "${id}" is a receiver of ${pipelineId} but an exporter of no pipeline from which it can make ${pipeline.signal}`,
        );
      }
    }
  }

  #connectorError(pipelineId: string, role: Role, problem: string): void {
    this.#error('CONFIG_CONNECTOR_UNUSED', ['pipelines', pipelineId, role], problem);
  }

  #error(code: AgentError['code'], path: readonly PropertyKey[], problem: string, mend?: string): void {
    const { node, depth } = nearestNode(this.#node, path);
    // An id that is a key is where the key stands, not its section.
    const parent = nearestNode(this.#node, path.slice(0, -1)).node;
    const at = (depth === path.length ? entryOf(parent, String(path.at(-1)))?.keyAt : undefined) ?? node.at;
    this.#findings.errors.push(
      new AgentError(code, problem, {
        at,
        path: ['service', ...path.map(String)].join(KEY_SEPARATOR),
        ...(mend === undefined ? {} : { mend }),
      }),
    );
  }
}
