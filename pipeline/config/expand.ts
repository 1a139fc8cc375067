// Replaces `${…}` in a configuration, with the collector's rules: innermost first, again and again until nothing is
// left; a value that is one `${…}` takes the type of what it is replaced with and remembers the text.

import { AgentError, type SourcePosition } from '../errors.ts';
import type { ConfigNode, MapEntry, ScalarNode } from './node.ts';
import { parseUri, retrieve, type SourceAccess, type Retrieved } from './sources.ts';

/** How often one value is gone over. */
const MAX_ROUNDS = 1000;
/** References in one text. */
const MAX_REFERENCES = 100;
/** What one value may grow to by replacements that multiply. */
const MAX_TEXT_CHARACTERS = 16 << 20;

/** References in a whole configuration: variables that name themselves twice would double with every round. */
const MAX_RETRIEVALS = 10_000;

/** A reference to an environment variable that is not set. */
export interface UnsetVariable {
  readonly name: string;
  /** The value it is part of. */
  readonly at: SourcePosition;
}

/** Where references are looked up, what was not found, and how many more may be. */
interface Lookup {
  readonly access: SourceAccess;
  readonly unset: UnsetVariable[];
  left: number;
}

interface Expansion {
  readonly node: ConfigNode;
  readonly changed: boolean;
}

/**
 * The tree without any `${…}`, and `$$` as `$`. Collects errors into `errors` value by value, so that one unset variable
 * does not hide another; a value that failed stays as it was. Variables that are not set are nothing, and go to `unset`.
 */
export function expandTree(
  node: ConfigNode,
  access: SourceAccess,
  errors: AgentError[],
  unset: UnsetVariable[],
): Promise<ConfigNode> {
  return expandSections(node, { access, unset, left: MAX_RETRIEVALS }, errors);
}

async function expandSections(node: ConfigNode, lookup: Lookup, errors: AgentError[]): Promise<ConfigNode> {
  if (node.kind === 'map' && node.original === undefined) {
    const entries = new Map<string, MapEntry>();
    for (const [key, entry] of node.entries) {
      entries.set(key, { keyAt: entry.keyAt, node: await expandSections(entry.node, lookup, errors) });
    }
    return { ...node, entries };
  }
  try {
    return unescape(await expandFully(node, lookup));
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    errors.push(error);
    return node;
  }
}

async function expandFully(start: ConfigNode, lookup: Lookup): Promise<ConfigNode> {
  let node = start;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = await expandOnce(node, lookup);
    if (!next.changed) return next.node;
    node = next.node;
  }
  throw new AgentError('CONFIG_TOO_MANY_EXPANSIONS', `still holds a \${…} after ${MAX_ROUNDS} replacements`, {
    at: start.at,
  });
}

async function expandOnce(node: ConfigNode, lookup: Lookup): Promise<Expansion> {
  if (node.original !== undefined) return expandRemembered(node, node.original, lookup);
  if (node.kind === 'scalar') {
    return typeof node.value === 'string' ? expandText(node.value, node.at, lookup) : { node, changed: false };
  }
  let changed = false;
  if (node.kind === 'list') {
    const items: ConfigNode[] = [];
    for (const item of node.items) {
      const next = await expandOnce(item, lookup);
      items.push(next.node);
      changed ||= next.changed;
    }
    return { node: { ...node, items }, changed };
  }
  const entries = new Map<string, MapEntry>();
  for (const [key, entry] of node.entries) {
    const next = await expandOnce(entry.node, lookup);
    entries.set(key, { keyAt: entry.keyAt, node: next.node });
    changed ||= next.changed;
  }
  return { node: { ...node, entries }, changed };
}

/** Which field the value is for is not known yet, so its text is expanded beside it. */
async function expandRemembered(node: ConfigNode, original: string, lookup: Lookup): Promise<Expansion> {
  const typed = await expandOnce(withoutOriginal(node), lookup);
  if (typed.node.original !== undefined || isText(typed.node)) return typed;
  let text: Expansion;
  try {
    text = await expandText(original, node.at, lookup);
  } catch (error) {
    // A text that is only meant as a map, such as one with a comment that holds a `${`, need not expand.
    if (error instanceof AgentError) return typed;
    throw error;
  }
  if (text.node.original !== undefined || !isText(text.node)) return typed;
  return { node: { ...typed.node, original: text.node.value }, changed: typed.changed || text.changed };
}

async function expandText(text: string, at: SourcePosition, lookup: Lookup): Promise<Expansion> {
  const unchanged: Expansion = { node: { kind: 'scalar', value: text, at }, changed: false };
  if (!text.includes('${') || !text.includes('}')) return unchanged;
  if (text.length > MAX_TEXT_CHARACTERS || text.split('${').length - 1 > MAX_REFERENCES) {
    throw new AgentError(
      'CONFIG_TOO_MANY_EXPANSIONS',
      `holds more than ${MAX_REFERENCES} references or has grown too long`,
      { at },
    );
  }
  const reference = findReference(text);
  if (reference === undefined) return unchanged;
  const retrieved = await resolveReference(reference, at, lookup);
  if (reference === text) return { node: { ...retrieved.node, original: retrieved.text }, changed: true };
  return { node: { kind: 'scalar', value: text.replaceAll(reference, () => retrieved.text), at }, changed: true };
}

async function resolveReference(reference: string, at: SourcePosition, lookup: Lookup): Promise<Retrieved> {
  lookup.left -= 1;
  if (lookup.left < 0) {
    throw new AgentError(
      'CONFIG_TOO_MANY_EXPANSIONS',
      `the configuration holds more than ${MAX_RETRIEVALS} references`,
      { at },
    );
  }
  const inner = reference.slice(2, -1);
  const uri = parseUri(inner.includes(':') ? inner : `env:${inner}`, at);
  if (uri.rest.includes('$')) {
    throw new AgentError('CONFIG_EXPANSION_FAILED', `"${inner}" has a $ in it, which is not allowed there`, { at });
  }
  const retrieved = await retrieve(uri, lookup.access, at);
  if (retrieved.unset !== undefined) lookup.unset.push({ name: retrieved.unset, at });
  return retrieved;
}

/** The first innermost `${…}` that no odd `$` before it escapes. */
function findReference(text: string): string | undefined {
  let begin = 0;
  for (;;) {
    const close = text.indexOf('}', begin);
    if (close < 0) return undefined;
    const open = text.lastIndexOf('${', close);
    if (open >= begin && dollarsBefore(text, open, begin) % 2 === 0) return text.slice(open, close + 1);
    begin = close + 1;
  }
}

function dollarsBefore(text: string, index: number, begin: number): number {
  let count = 0;
  while (index - count - 1 >= begin && text[index - count - 1] === '$') count += 1;
  return count;
}

function unescape(node: ConfigNode): ConfigNode {
  const original = node.original === undefined ? {} : { original: unescapeText(node.original) };
  if (node.kind === 'scalar') {
    const value = typeof node.value === 'string' ? unescapeText(node.value) : node.value;
    return { ...node, ...original, value };
  }
  if (node.kind === 'list') return { ...node, ...original, items: node.items.map(unescape) };
  const entries = [...node.entries].map(([key, entry]) => [key, { ...entry, node: unescape(entry.node) }] as const);
  return { ...node, ...original, entries: new Map(entries) };
}

function unescapeText(text: string): string {
  // A function, because in a replacement string $ has a meaning.
  return text.replaceAll('$$', () => '$');
}

function withoutOriginal(node: ConfigNode): ConfigNode {
  const { original: _, ...rest } = node;
  return rest;
}

function isText(node: ConfigNode): node is ScalarNode & { readonly value: string } {
  return node.kind === 'scalar' && typeof node.value === 'string';
}
