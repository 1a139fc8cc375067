// From the command line's sources to one configuration tree: read all, merge in order, replace `${…}`.

import { AgentError, type SourcePosition } from '../errors.ts';
import { expandTree, type UnsetVariable } from './expand.ts';
import { isJoinedList, isNull, mergeNodes, splitKeys, type ConfigNode, type MapNode } from './node.ts';
import { parseSourceUri, retrieve, type SourceAccess } from './sources.ts';

const MAX_SOURCES = 100;

export interface ResolveOptions extends SourceAccess {
  /** `--config` arguments, in order. */
  readonly uris: readonly string[];
  /** `--set` arguments, `a.b=value`; they come after all sources. */
  readonly sets?: readonly string[];
  /** Join the lists of the service instead of replacing them. */
  readonly joinLists?: boolean;
}

export interface Resolved {
  /** Undefined when a source could not be read at all. */
  readonly root?: MapNode;
  readonly errors: readonly AgentError[];
  /** Some source is not YAML. */
  readonly syntax: boolean;
  readonly unset: readonly UnsetVariable[];
}

export async function resolveConfiguration(options: ResolveOptions): Promise<Resolved> {
  const errors: AgentError[] = [];
  const unset: UnsetVariable[] = [];
  let syntax = false;
  let root: ConfigNode = { kind: 'map', entries: new Map(), at: { source: options.uris[0] ?? '', line: 1, column: 1 } };
  for (const read of sourcesOf(options)) {
    try {
      const source = await read();
      syntax ||= source.syntax;
      errors.push(...source.errors);
      if (source.node)
        root = mergeNodes(root, splitKeys(source.node), options.joinLists === true ? isJoinedList : undefined);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) return { errors, syntax, unset };
  const expanded = await expandTree(root, options, errors, unset);
  // Safe for the compiler only: a map stays one.
  return expanded.kind === 'map' ? { root: expanded, errors, syntax, unset } : { errors, syntax, unset };
}

interface Source {
  readonly node?: ConfigNode;
  readonly errors: readonly AgentError[];
  readonly syntax: boolean;
}

function sourcesOf(options: ResolveOptions): (() => Promise<Source>)[] {
  const sets = options.sets ?? [];
  if (options.uris.length + sets.length > MAX_SOURCES) {
    throw new AgentError('CONFIG_SOURCE_UNREADABLE', `more than ${MAX_SOURCES} configuration sources were given`);
  }
  return [...options.uris.map((uri) => () => readUri(uri, options)), ...sets.map((set) => () => readSet(set, options))];
}

async function readUri(text: string, access: SourceAccess): Promise<Source> {
  const { node, syntaxErrors } = await retrieve(parseSourceUri(text), access);
  return asMap(node, syntaxErrors);
}

async function readSet(text: string, access: SourceAccess): Promise<Source> {
  const equals = text.indexOf('=');
  if (equals <= 0) {
    throw new AgentError('CONFIG_SET_INVALID', `"${text}" is not of the form key=value`, {
      mend: 'For example --set processors.batch.timeout=2s',
    });
  }
  const name = text.slice(0, equals).trim();
  // The value may be a secret; the key is place enough.
  const at: SourcePosition = { source: `--set ${name}`, line: 1, column: 1 };
  const key = name.replaceAll('.', '::');
  const yaml = `${key}: ${text.slice(equals + 1).trim()}`;
  const { node, syntaxErrors } = await retrieve({ scheme: 'yaml', rest: yaml, text: at.source }, access, at);
  return asMap(node, syntaxErrors);
}

function asMap(node: ConfigNode, syntaxErrors: readonly AgentError[]): Source {
  if (syntaxErrors.length > 0) return { errors: syntaxErrors, syntax: true };
  if (isNull(node)) return { errors: [], syntax: false };
  if (node.kind === 'map') return { node, errors: [], syntax: false };
  const found = node.kind === 'list' ? 'a list' : 'a single value';
  const error = new AgentError('CONFIG_NOT_A_MAP', `expected a map of sections, found ${found}`, { at: node.at });
  return { errors: [error], syntax: false };
}
