// A configuration as a tree in which every value knows where it was written, and values that came out of `${…}` also
// know their text.

import { AgentError, type SourcePosition } from '../errors.ts';

export type ScalarValue = string | number | bigint | boolean | null;

interface NodeBase {
  readonly at: SourcePosition;
  /** The text that a `${…}` was replaced with; string fields take it in place of the typed value. */
  readonly original?: string;
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly value: ScalarValue;
  /** A whole number that was written as a float: `1.0`, `1e3`. */
  readonly isDouble?: true;
}

export interface ListNode extends NodeBase {
  readonly kind: 'list';
  readonly items: readonly ConfigNode[];
}

export interface MapEntry {
  readonly keyAt: SourcePosition;
  readonly node: ConfigNode;
}

export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export type ConfigNode = ScalarNode | ListNode | MapNode;

/** The separator of nested keys written in one: `processors::batch::timeout`. */
export const KEY_SEPARATOR = '::';

export function isNull(node: ConfigNode | undefined): boolean {
  return node?.kind === 'scalar' && node.value === null;
}

export function entryOf(node: ConfigNode | undefined, key: string): MapEntry | undefined {
  return node?.kind === 'map' ? node.entries.get(key) : undefined;
}

/** Plain JavaScript: maps as objects, lists as arrays, scalars as they were typed, `1.0` as 1. */
export function toPlain(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  // fromEntries defines keys, so that even __proto__ is only a key.
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.node)]));
}

/** The node at a path of keys and indexes, or the deepest one on the way there, with how much of the path it stands for. */
export function nearestNode(root: ConfigNode, path: readonly PropertyKey[]): { node: ConfigNode; depth: number } {
  let node = root;
  let depth = 0;
  for (const step of path) {
    const next =
      node.kind === 'list'
        ? node.items[Number(step)]
        : node.kind === 'map'
          ? node.entries.get(String(step))?.node
          : undefined;
    if (!next) break;
    node = next;
    depth += 1;
  }
  return { node, depth };
}

/** Levels of maps and lists; everything that walks a tree calls itself for each. */
export const MAX_DEPTH = 200;

export function tooDeep(at: SourcePosition): AgentError {
  return new AgentError('CONFIG_SYNTAX', `nested deeper than ${MAX_DEPTH} levels`, { at });
}

/**
 * Splits keys that contain `::` into nested maps; equal keys are merged, the later one wins. Lists are left alone. Fails with
 * CONFIG_SYNTAX where the maps would be nested too deep.
 */
export function splitKeys(node: ConfigNode, depth = 0): ConfigNode {
  if (node.kind !== 'map') return node;
  const entries = new Map<string, MapEntry>();
  for (const [key, entry] of node.entries) {
    const [first = '', ...rest] = key.split(KEY_SEPARATOR);
    if (depth + rest.length > MAX_DEPTH) throw tooDeep(entry.keyAt);
    let child = splitKeys(entry.node, depth + 1 + rest.length);
    for (const part of rest.toReversed()) {
      child = { kind: 'map', at: entry.keyAt, entries: new Map([[part, { keyAt: entry.keyAt, node: child }]]) };
    }
    const before = entries.get(first);
    entries.set(first, { keyAt: entry.keyAt, node: before ? mergeNodes(before.node, child) : child });
  }
  return { ...node, entries };
}

/** Where lists are joined instead of replaced when two configurations are merged. */
export type JoinLists = (path: readonly string[]) => boolean;

/** `upper` over `lower`: maps are merged key by key, everything else is replaced, also by null. */
export function mergeNodes(
  lower: ConfigNode,
  upper: ConfigNode,
  join?: JoinLists,
  path: readonly string[] = [],
): ConfigNode {
  if (lower.kind === 'list' && upper.kind === 'list' && join?.(path)) return joinLists(lower, upper);
  if (lower.kind !== 'map' || upper.kind !== 'map') return upper;
  const entries = new Map(lower.entries);
  for (const [key, entry] of upper.entries) {
    const before = entries.get(key);
    const node = before ? mergeNodes(before.node, entry.node, join, [...path, key]) : entry.node;
    entries.set(key, { keyAt: entry.keyAt, node });
  }
  return { ...upper, entries };
}

/** The lists the feature gate confmap.enableMergeAppendOption joins: those of the service that name components. */
export function isJoinedList(path: readonly string[]): boolean {
  const last = path.at(-1);
  if (path[0] !== 'service' || path.length < 2) return false;
  return path.length === 2 ? last === 'extensions' : last === 'receivers' || last === 'exporters';
}

function joinLists(lower: ListNode, upper: ListNode): ListNode {
  const seen = new Set(lower.items.map(fingerprint));
  const items = [...lower.items];
  for (const item of upper.items) {
    const key = fingerprint(item);
    if (seen.has(key)) continue;
    seen.add(key);
    items.push(item);
  }
  return { ...upper, items };
}

function fingerprint(node: ConfigNode): string {
  return JSON.stringify(toPlain(node), (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
