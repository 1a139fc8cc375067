// Reads a whole configuration: sources, sections, service, and the verdict: valid, refused, or made for a collector with
// components that are not here.

import { AgentError, type SourcePosition } from '../errors.ts';
import { type FeatureGates, parseFeatureGates } from '../feature-gates.ts';
import type { AgentConfiguration } from './configuration.ts';
import type { UnsetVariable } from './expand.ts';
import { nearestName } from './nearest.ts';
import { KEY_SEPARATOR, type MapNode } from './node.ts';
import { resolveConfiguration } from './resolve.ts';
import {
  readSection,
  SECTIONS,
  type ComponentRegistry,
  type Findings,
  type Section,
  type SectionName,
} from './sections.ts';
import { readService } from './service.ts';
import type { SourceAccess } from './sources.ts';
import type { ConfigurationWarning } from './warnings.ts';

export interface LoadOptions extends SourceAccess {
  /** `--config` arguments, in order. */
  readonly uris: readonly string[];
  /** `--set` arguments, `a.b=value`. */
  readonly sets?: readonly string[];
  readonly featureGates?: FeatureGates;
  readonly registry: ComponentRegistry;
}

export interface LoadResult {
  /** `unavailable`: components are missing here, and nothing can be said about the whole. */
  readonly verdict: 'valid' | 'unavailable' | 'refused';
  /** The missing component types, sorted. */
  readonly unavailable: readonly string[];
  /** Everything that is wrong, missing components included, in the order of the sources. */
  readonly errors: readonly AgentError[];
  readonly warnings: readonly ConfigurationWarning[];
  /** Set when a source is not YAML. */
  readonly syntax?: true;
  /** Set when the verdict is valid. */
  readonly config?: AgentConfiguration;
}

const SECTION_NAMES = Object.keys(SECTIONS);

export async function loadConfiguration(options: LoadOptions): Promise<LoadResult> {
  const gates = options.featureGates ?? parseFeatureGates('');
  const resolved = await resolveConfiguration({
    ...options,
    joinLists: gates.isEnabled('confmap.enableMergeAppendOption'),
  });
  const findings: Findings = { errors: [], warnings: [], unavailable: new Set() };
  if (!resolved.root) {
    return {
      verdict: 'refused',
      unavailable: [],
      errors: resolved.errors,
      warnings: [],
      ...(resolved.syntax ? { syntax: true } : {}),
    };
  }
  const config = await readWhole(resolved.root, options.registry, gates, findings);
  const unavailable = [...findings.unavailable].toSorted();
  const found = withoutConsequences(findings.errors, resolved.errors).map((error) => withCause(error, resolved.unset));
  const errors = inOrder([...resolved.errors, ...found]);
  const { warnings } = findings;
  if (resolved.errors.length > 0) return { verdict: 'refused', unavailable, errors, warnings };
  if (unavailable.length > 0) return { verdict: 'unavailable', unavailable, errors, warnings };
  if (errors.length > 0 || !config) return { verdict: 'refused', unavailable, errors, warnings };
  return { verdict: 'valid', unavailable, errors, warnings, config };
}

async function readWhole(
  root: MapNode,
  registry: ComponentRegistry,
  gates: FeatureGates,
  findings: Findings,
): Promise<AgentConfiguration | undefined> {
  checkTopLevel(root, findings);
  const read = (name: SectionName): Promise<Section> => readSection(root, name, registry, findings);
  const sections = {
    receivers: await read('receivers'),
    processors: await read('processors'),
    exporters: await read('exporters'),
    connectors: await read('connectors'),
    extensions: await read('extensions'),
  };
  checkPresence(root, sections, gates, findings);
  checkConnectorIds(root, sections, findings);
  const service = readService(root, sections, gates, findings);
  if (!service) return undefined;
  return {
    receivers: sections.receivers.components,
    processors: sections.processors.components,
    exporters: sections.exporters.components,
    connectors: sections.connectors.components,
    extensions: sections.extensions.components,
    service,
  };
}

function checkTopLevel(root: MapNode, findings: Findings): void {
  const known = [...SECTION_NAMES, 'service'];
  for (const [key, entry] of root.entries) {
    if (known.includes(key)) continue;
    const near = nearestName(key, known);
    const hint = near === undefined ? `; known are ${known.join(', ')}` : `; did you mean "${near}"?`;
    findings.errors.push(
      new AgentError('CONFIG_KEY_UNKNOWN', `the section "${key}" is unknown${hint}`, { at: entry.keyAt, path: key }),
    );
  }
}

function checkPresence(
  root: MapNode,
  sections: Readonly<Record<SectionName, Section>>,
  gates: FeatureGates,
  findings: Findings,
): void {
  if (gates.isEnabled('service.AllowNoPipelines')) return;
  for (const name of ['receivers', 'exporters'] as const) {
    if (sections[name].entries.size > 0 || hasEntries(root, name)) continue;
    findings.errors.push(
      new AgentError('CONFIG_EMPTY', `the configuration has no ${name}; it needs at least one`, {
        at: root.entries.get(name)?.keyAt ?? root.at,
        path: name,
      }),
    );
  }
}

/** Whether anything is written in a section, even if it is wrong. */
function hasEntries(root: MapNode, name: SectionName): boolean {
  const node = root.entries.get(name)?.node;
  return (
    node !== undefined && (node.kind === 'map' ? node.entries.size > 0 : node.kind === 'list' || node.value !== null)
  );
}

/** Pipelines name connectors beside receivers and exporters, so an id must not mean both. */
function checkConnectorIds(root: MapNode, sections: Readonly<Record<SectionName, Section>>, findings: Findings): void {
  for (const id of sections.connectors.entries.keys()) {
    for (const other of ['receivers', 'exporters'] as const) {
      if (!sections[other].entries.has(id)) continue;
      const node = root.entries.get('connectors')?.node;
      findings.errors.push(
        new AgentError('CONFIG_ID_TWICE', `"${id}" is a connector and also one of the ${other}`, {
          ...(node?.kind === 'map' ? { at: node.entries.get(id)?.keyAt ?? node.at } : {}),
          path: `connectors${KEY_SEPARATOR}${id}`,
          mend: `Rename the connector, for example to ${id}/connector`,
        }),
      );
    }
  }
}

/** A value whose `${…}` could not be replaced is wrong for every schema; that would only be said twice. */
function withoutConsequences(errors: readonly AgentError[], causes: readonly AgentError[]): AgentError[] {
  const known = new Set(causes.map(placeOf));
  return errors.filter((error) => !known.has(placeOf(error)));
}

/** A value that is refused may be what is left where a variable is not set. */
function withCause(error: AgentError, unset: readonly UnsetVariable[]): AgentError {
  const place = placeOf(error);
  const names = new Set(unset.filter((variable) => placeOf(variable) === place).map(({ name }) => name));
  if (names.size === 0) return error;
  const { at, path, component, cause } = error;
  const [name = ''] = names;
  const which = names.size === 1 ? `variable ${name} is` : `variables ${[...names].join(' and ')} are`;
  return new AgentError(error.code, `${error.message}; the environment ${which} not set`, {
    ...(at ? { at } : {}),
    ...(path === undefined ? {} : { path }),
    ...(component === undefined ? {} : { component }),
    ...(cause === undefined ? {} : { cause }),
    mend: error.mend ?? `Set ${names.size === 1 ? 'it' : 'them'}, or write a default: \${env:${name}:-value}`,
  });
}

function placeOf({ at }: { readonly at?: SourcePosition | undefined }): string {
  return at ? `${at.source}:${at.line}:${at.column}` : '';
}

function inOrder(errors: readonly AgentError[]): AgentError[] {
  const sources = [...new Set(errors.map((error) => error.at?.source))];
  const rank = (error: AgentError): number => sources.indexOf(error.at?.source);
  return errors.toSorted(
    (a, b) => rank(a) - rank(b) || (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  );
}
