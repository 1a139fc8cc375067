// YAML text as a configuration tree: positions from the `yaml` library, the meaning of plain scalars as the collector's
// YAML library (yaml.v3 for Go) has it, which is neither YAML 1.1 nor 1.2.

import { isUtf8 } from 'node:buffer';
import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import { AgentError, type SourcePosition } from '../errors.ts';
import { MAX_DEPTH, tooDeep, type ConfigNode, type MapEntry, type ScalarNode, type ScalarValue } from './node.ts';

/** A few kilobytes of anchors can stand for millions of values; no real configuration comes near this. */
const MAX_NODES = 200_000;

const OUT_OF_PLACE = / token in YAML stream: /;

/**
 * Reads the first document of a YAML text. An empty one gives null. Fails with all its CONFIG_SYNTAX errors.
 * `base` is where the text begins when it is part of another source.
 */
export function parseYaml(
  text: string,
  source: string,
  base?: SourcePosition,
): { node?: ConfigNode; errors: AgentError[] } {
  const lines = new LineCounter();
  const position = (offset: number): SourcePosition => {
    if (base) return base;
    const { line, col } = lines.linePos(offset);
    return { source, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  let document: Document.Parsed | undefined;
  try {
    document = firstDocument(text, lines);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { errors: [new AgentError('CONFIG_SYNTAX', sentence(error.message), { at: position(0), cause: error })] };
  }
  if (!document) return { node: { kind: 'scalar', value: null, at: position(0) }, errors: [] };
  const errors = mistakesIn(document).map(
    (error) => new AgentError('CONFIG_SYNTAX', sentence(error.message), { at: position(error.pos[0]), cause: error }),
  );
  if (errors.length > 0) return { errors };
  try {
    return { node: new Reader(document, position).read(document.contents, 0), errors };
  } catch (error) {
    if (error instanceof AgentError) return { errors: [error] };
    throw error;
  }
}

/** After a slip that ends the document too early, all that follows is out of place and says nothing new. */
function mistakesIn({ errors }: Document.Parsed): readonly YAMLParseError[] {
  return errors.filter(
    ({ code, message }, at) => at === 0 || code !== 'UNEXPECTED_TOKEN' || !OUT_OF_PLACE.test(message),
  );
}

/** The meaning of an unquoted scalar. */
export function resolvePlain(text: string): ScalarValue {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const startsNumber = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d;
  if (startsNumber) {
    // yaml.v3 drops every underscore before it looks for a number.
    const digits = text.replaceAll('_', '');
    const integer = resolveInteger(digits);
    if (integer !== undefined) return integer;
    if (FLOAT.test(digits)) return Number(digits);
  } else if (first === 0x2e && FLOAT.test(text)) {
    return Number(text);
  }
  return text;
}

const WORDS: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
/** Go's ParseInt with base 0: a leading 0 alone means octal. */
const INTEGER = /^([-+]?)(?:0[xX]([\da-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/;

function resolveInteger(text: string): number | bigint | undefined {
  const match = INTEGER.exec(text);
  if (!match) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const digits =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : decimal;
  const magnitude = BigInt(digits ?? '0');
  const value = sign === '-' ? -magnitude : magnitude;
  if (value < -(2n ** 63n) || value >= 2n ** 64n) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function firstDocument(text: string, lines: LineCounter): Document.Parsed | undefined {
  // Tags are ignored here (failsafe) because the reader below gives plain scalars their meaning.
  const composer = new Composer({ schema: 'failsafe', lineCounter: lines, uniqueKeys: true, logLevel: 'silent' });
  const parser = new Parser(lines.addNewLine);
  for (const document of composer.compose(parser.parse(text), true, text.length)) return document;
  return undefined;
}

class Reader {
  readonly #document: Document.Parsed;
  readonly #position: (offset: number) => SourcePosition;
  #nodes = 0;
  /** Anchored nodes being read: an alias to one of them would never end. */
  readonly #open = new Set<Node>();

  constructor(document: Document.Parsed, position: (offset: number) => SourcePosition) {
    this.#document = document;
    this.#position = position;
  }

  read(node: unknown, depth: number, fallback?: SourcePosition): ConfigNode {
    this.#nodes += 1;
    const at = placeOf(node, this.#position) ?? fallback ?? this.#position(0);
    if (this.#nodes > MAX_NODES)
      throw new AgentError('CONFIG_SYNTAX', `more than ${MAX_NODES} values, aliases included`, { at });
    if (depth > MAX_DEPTH) throw tooDeep(at);
    if (isAlias(node)) return this.#alias(node.resolve(this.#document), depth, at);
    if (isScalar(node)) return scalarNode(node, at);
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => this.read(item, depth + 1, at)), at };
    if (isMap(node)) return this.#map(node, depth, at);
    return { kind: 'scalar', value: null, at };
  }

  #alias(target: Node | undefined, depth: number, at: SourcePosition): ConfigNode {
    if (!target) throw new AgentError('CONFIG_SYNTAX', 'an alias names an anchor that does not exist', { at });
    if (this.#open.has(target)) throw new AgentError('CONFIG_SYNTAX', 'an anchor contains itself', { at });
    this.#open.add(target);
    const node = this.read(target, depth + 1, at);
    this.#open.delete(target);
    return node;
  }

  #map(map: YAMLMap, depth: number, at: SourcePosition): ConfigNode {
    const entries = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    this.#open.add(map);
    for (const pair of map.items) {
      const keyAt = placeOf(pair.key, this.#position) ?? at;
      const value = this.read(pair.value, depth + 1, keyAt);
      if (isMergeKey(pair)) {
        for (const [key, entry] of this.#mergeSources(value, keyAt)) if (!merged.has(key)) merged.set(key, entry);
        continue;
      }
      const key = this.#key(pair.key, depth, keyAt);
      if (entries.has(key)) throw new AgentError('CONFIG_SYNTAX', `the key "${key}" appears twice`, { at: keyAt });
      entries.set(key, { keyAt, node: value });
    }
    this.#open.delete(map);
    for (const [key, entry] of merged) if (!entries.has(key)) entries.set(key, entry);
    return { kind: 'map', entries, at };
  }

  #key(key: unknown, depth: number, at: SourcePosition): string {
    const node = this.read(key, depth + 1, at);
    if (node.kind === 'scalar') return keyText(node.value);
    throw new AgentError('CONFIG_SYNTAX', 'a map or list can not be a key', {
      at,
      mend: 'Text that begins with { or [ is quoted; a template such as {{ … }} must be filled in first.',
    });
  }

  /** What `<<` brings in: a map, or several, of which earlier ones win. */
  #mergeSources(value: ConfigNode, at: SourcePosition): Iterable<readonly [string, MapEntry]> {
    const sources = value.kind === 'list' ? value.items : [value];
    return sources.flatMap((source) => {
      if (source.kind === 'map') return [...source.entries];
      throw new AgentError('CONFIG_SYNTAX', '<< takes a map or a list of maps', { at });
    });
  }
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.value === '<<';
}

function keyText(value: ScalarValue): string {
  return value === null ? '' : String(value);
}

function scalarNode(scalar: Scalar, at: SourcePosition): ScalarNode {
  const text = typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? '');
  const value = scalarValue(scalar, text, at);
  const isDouble =
    Number.isInteger(value) && (scalar.tag === FLOAT_TAG || resolveInteger(text.replaceAll('_', '')) === undefined);
  return isDouble ? { kind: 'scalar', value, at, isDouble } : { kind: 'scalar', value, at };
}

const FLOAT_TAG = 'tag:yaml.org,2002:float';

function scalarValue(scalar: Scalar, text: string, at: SourcePosition): ScalarValue {
  switch (scalar.tag) {
    case undefined:
      // A scalar without a type is one that is not written at all: `key:`.
      return scalar.type === 'PLAIN' || scalar.type === undefined ? resolvePlain(text) : text;
    case 'tag:yaml.org,2002:int':
    case FLOAT_TAG:
    case 'tag:yaml.org,2002:bool':
    case 'tag:yaml.org,2002:null':
      return resolvePlain(text);
    case 'tag:yaml.org,2002:binary':
      return binaryText(text, at);
    default:
      return text;
  }
}

/** Go has the bytes themselves; here they have to be text. */
function binaryText(base64: string, at: SourcePosition): string {
  const bytes = Buffer.from(base64, 'base64');
  if (isUtf8(bytes)) return bytes.toString();
  throw new AgentError('CONFIG_SYNTAX', 'the bytes of !!binary are not text in UTF-8', { at });
}

function placeOf(node: unknown, position: (offset: number) => SourcePosition): SourcePosition | undefined {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return undefined;
  return node.range ? position(node.range[0]) : undefined;
}

/** The library's message without its own position and excerpt. */
function sentence(message: string): string {
  // The library calls itself for every level; sometimes it notices itself that this can not go on, sometimes it throws.
  if (message.startsWith('Maximum call stack size')) return 'the text is nested too deeply to be read';
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}
