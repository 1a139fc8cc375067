// The component sections of a configuration: ids, types, and each component's settings by its declaration.

import { formatComponentId, parseComponentId } from '../component-id.ts';
import type { ComponentKind, Declaration } from '../component.ts';
import { WholeDouble } from '../config-value.ts';
import { AgentError } from '../errors.ts';
import type { ConfiguredComponent } from './configuration.ts';
import { decode } from './decode.ts';
import { nearestName } from './nearest.ts';
import { entryOf, isNull, KEY_SEPARATOR, type MapEntry, type MapNode } from './node.ts';
import { deprecatedKeys, type ConfigurationWarning } from './warnings.ts';

/** Where declarations are found by a type name in any of its spellings. */
export interface ComponentRegistry {
  find(kind: ComponentKind, typeName: string): Promise<Declaration | undefined>;
  /** All type names of a kind, in their current spelling. */
  known(kind: ComponentKind): readonly string[];
}

export const SECTIONS = {
  receivers: 'receiver',
  processors: 'processor',
  exporters: 'exporter',
  connectors: 'connector',
  extensions: 'extension',
} as const satisfies Readonly<Record<string, ComponentKind>>;

export type SectionName = keyof typeof SECTIONS;

/** A component as pipelines refer to it. */
export interface SectionEntry {
  readonly id: string;
  /** Undefined when the type is not available here. */
  readonly declaration: Declaration | undefined;
}

export interface Section {
  readonly components: ReadonlyMap<string, ConfiguredComponent>;
  /** Every component of the section by its id as written and in its current spelling, also those with errors. */
  readonly entries: ReadonlyMap<string, SectionEntry>;
}

/** Collects what is found while a configuration is read. */
export interface Findings {
  readonly errors: AgentError[];
  readonly warnings: ConfigurationWarning[];
  readonly unavailable: Set<string>;
}

/** Component types that the collector has removed, and what takes their place. */
const REMOVED: ReadonlyMap<string, string> = new Map([['exporter logging', 'debug']]);

export async function readSection(
  root: MapNode,
  name: SectionName,
  registry: ComponentRegistry,
  findings: Findings,
): Promise<Section> {
  const components = new Map<string, ConfiguredComponent>();
  const entries = new Map<string, SectionEntry>();
  const node = entryOf(root, name)?.node;
  if (!node || isNull(node)) return { components, entries };
  if (node.kind !== 'map') {
    findings.errors.push(
      new AgentError(
        'CONFIG_TYPE_WRONG',
        `expected a map of component ids, found ${node.kind === 'list' ? 'a list' : 'a single value'}`,
        {
          at: node.at,
          path: name,
        },
      ),
    );
    return { components, entries };
  }
  const reader = new SectionReader(name, registry, findings, components, entries, new Set(node.entries.keys()));
  for (const [text, entry] of node.entries) await reader.read(text, entry);
  return { components, entries };
}

class SectionReader {
  readonly #name: SectionName;
  readonly #kind: ComponentKind;
  readonly #registry: ComponentRegistry;
  readonly #findings: Findings;
  readonly #components: Map<string, ConfiguredComponent>;
  readonly #entries: Map<string, SectionEntry>;
  readonly #written = new Set<string>();
  readonly #texts: ReadonlySet<string>;

  constructor(
    name: SectionName,
    registry: ComponentRegistry,
    findings: Findings,
    components: Map<string, ConfiguredComponent>,
    entries: Map<string, SectionEntry>,
    texts: ReadonlySet<string>,
  ) {
    this.#name = name;
    this.#kind = SECTIONS[name];
    this.#registry = registry;
    this.#findings = findings;
    this.#components = components;
    this.#entries = entries;
    this.#texts = texts;
  }

  async read(text: string, entry: MapEntry): Promise<void> {
    const at = entry.keyAt;
    const path = `${this.#name}${KEY_SEPARATOR}${text}`;
    const parsed = parseComponentId(text);
    if (typeof parsed === 'string') {
      this.#findings.errors.push(
        new AgentError('CONFIG_ID_INVALID', `"${text}" is not a component id: ${parsed}`, { at, path }),
      );
      return;
    }
    const written = formatComponentId(parsed);
    if (this.#written.has(written)) {
      this.#findings.errors.push(
        new AgentError('CONFIG_ID_TWICE', `"${written}" is configured twice in ${this.#name}`, { at, path }),
      );
      return;
    }
    this.#written.add(written);
    const declaration = await this.#registry.find(this.#kind, parsed.type);
    if (!declaration) {
      this.#entries.set(written, { id: written, declaration });
      this.#unavailable(parsed.type, at, path);
      return;
    }
    const id = this.#canonicalId(written, { type: declaration.type, name: parsed.name });
    const known: SectionEntry = { id, declaration };
    this.#entries.set(written, known);
    this.#entries.set(id, known);
    if (parsed.type !== declaration.type) {
      this.#findings.warnings.push({
        at,
        path,
        message: `"${parsed.type}" is the older spelling of "${declaration.type}"`,
      });
    }
    const decoded = decode(declaration.config, entry.node, [this.#name, written]);
    this.#findings.errors.push(...decoded.errors);
    if (!('value' in decoded)) return;
    this.#findings.warnings.push(...deprecatedKeys(declaration.config, entry.node, path));
    this.#components.set(id, {
      id,
      type: declaration.type,
      declaration,
      config: decoded.value,
      raw: jsonSafe(decoded.input),
      position: at,
    });
  }

  /** The id with the type in its current spelling; the one as written where both spellings are configured. */
  #canonicalId(written: string, id: { type: string; name: string }): string {
    const canonical = formatComponentId(id);
    return this.#texts.has(canonical) ? written : canonical;
  }

  #unavailable(type: string, at: MapEntry['keyAt'], path: string): void {
    const successor = REMOVED.get(`${this.#kind} ${type}`);
    if (successor !== undefined) {
      this.#findings.errors.push(
        new AgentError('CONFIG_COMPONENT_REMOVED', `the ${this.#kind} "${type}" no longer exists; use "${successor}"`, {
          at,
          path,
        }),
      );
      return;
    }
    this.#findings.unavailable.add(type);
    const near = nearestName(type, this.#registry.known(this.#kind));
    const hint = near === undefined ? '' : `; did you mean "${near}"?`;
    this.#findings.errors.push(
      new AgentError('CONFIG_COMPONENT_UNAVAILABLE', `this agent has no ${this.#kind} "${type}"${hint}`, {
        at,
        path,
        mend: '`genesis-agent components` lists what is here.',
      }),
    );
  }
}

/** Integers beyond 2^53 as text, so that a section can always be compared and printed as JSON. */
function jsonSafe(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(jsonSafe);
  if (typeof value !== 'object' || value === null || value instanceof WholeDouble) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonSafe(inner)]));
}
