// Where configuration text comes from: files, environment variables, YAML given in place, and URLs.

import { readFile as readFileFromDisk, stat } from 'node:fs/promises';
import path from 'node:path';
import { AgentError, type SourcePosition } from '../errors.ts';
import type { ConfigNode } from './node.ts';
import { parseYaml } from './yaml.ts';

/** What reading needs from outside; all of it can be replaced in tests. */
export interface SourceAccess {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The content of a file as text; fails like node:fs does. */
  readonly readFile?: ((file: string) => Promise<string>) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Files and pages already read, by name: they are not read again. What is read is added. */
  readonly texts?: Map<string, string> | undefined;
}

export interface SourceUri {
  readonly scheme: string;
  readonly rest: string;
  /** As the person wrote it, for messages and positions. */
  readonly text: string;
}

/** What a source gave: its text, and what the text means as YAML. */
export interface Retrieved {
  readonly text: string;
  /** Of text that is no YAML or only a string: the text itself, quotes and all, as in the collector. */
  readonly node: ConfigNode;
  /** Why the text is no YAML. */
  readonly syntaxErrors: readonly AgentError[];
  /** The environment variable that was asked for, is not set and has no default. */
  readonly unset?: string;
}

const SCHEMES = ['file', 'env', 'yaml', 'http', 'https'];
const MAX_SOURCE_BYTES = 16 << 20;
const FETCH_TIMEOUT_MS = 30_000;
const ENV_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Takes a `--config` argument apart: a bare path is a file, so is one with a drive letter. */
export function parseSourceUri(text: string, at?: SourcePosition): SourceUri {
  if (!text.includes(':') || /^[A-Za-z]:/.test(text)) return { scheme: 'file', rest: text, text };
  return parseUri(text, at);
}

/** Takes a URI with a scheme apart; fails where it has none that is known. */
export function parseUri(text: string, at?: SourcePosition): SourceUri {
  const place = at ? { at } : {};
  const match = /^([A-Za-z][A-Za-z0-9+.-]+):(.*)$/s.exec(text);
  if (!match) {
    throw new AgentError('CONFIG_EXPANSION_FAILED', `"${text}" is not of the form scheme:value`, {
      ...place,
      mend: 'A $ that is meant literally is written $$.',
    });
  }
  const [, scheme = '', rest = ''] = match;
  if (SCHEMES.includes(scheme)) return { scheme, rest, text: scheme === 'yaml' ? nameOfYaml(text) : text };
  throw new AgentError(
    'CONFIG_SCHEME_UNSUPPORTED',
    `the scheme "${scheme}" of "${text}" is unknown; known are ${SCHEMES.join(', ')}`,
    {
      ...place,
      mend: rest.startsWith('-')
        ? `A variable with a default is written \${env:${text}}`
        : 'A $ that is meant literally is written $$.',
    },
  );
}

/** YAML given in place goes by its beginning: in messages a whole document would hide what is said about it. */
function nameOfYaml(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length === text.length && line.length <= 60 ? text : `${line.slice(0, 60)}...`;
}

/** Reads a source. `at` is where it was asked for, inside another one; positions within env: and yaml: are that place. */
export async function retrieve(uri: SourceUri, access: SourceAccess, at?: SourcePosition): Promise<Retrieved> {
  switch (uri.scheme) {
    case 'env':
      return retrieveEnv(uri, access.env, at);
    case 'yaml':
      return fromText(uri.rest, uri.text, at);
    case 'file': {
      const file = path.normalize(uri.rest);
      return fromText(await readSource(uri, at, access, () => readLimited(file, access)), uri.rest);
    }
    default:
      return fromText(
        await readSource(uri, at, access, () => download(uri.text, access.fetch ?? globalThis.fetch)),
        uri.text,
      );
  }
}

function retrieveEnv(uri: SourceUri, env: SourceAccess['env'], at?: SourcePosition): Retrieved {
  const separator = uri.rest.indexOf(':-');
  const name = separator < 0 ? uri.rest : uri.rest.slice(0, separator);
  if (!ENV_NAME.test(name)) {
    throw new AgentError('CONFIG_EXPANSION_FAILED', `"${name}" is not the name of an environment variable`, {
      ...(at ? { at } : {}),
      mend: 'Names are letters, digits and underscores and do not begin with a digit. A $ that is meant literally is written $$.',
    });
  }
  const value = env[name];
  if (value !== undefined) return fromText(value, uri.text, at);
  const fallback = separator < 0 ? undefined : uri.rest.slice(separator + 2);
  // An empty default is an empty string, where an unset variable without a default is null.
  if (fallback === '') {
    const place = at ?? { source: uri.text, line: 1, column: 1 };
    return { text: '', node: { kind: 'scalar', value: '', at: place }, syntaxErrors: [] };
  }
  const retrieved = fromText(fallback ?? '', uri.text, at);
  return fallback === undefined ? { ...retrieved, unset: name } : retrieved;
}

function fromText(text: string, source: string, at?: SourcePosition): Retrieved {
  const { node, errors } = parseYaml(text, source, at);
  if (node && !(node.kind === 'scalar' && typeof node.value === 'string')) return { text, node, syntaxErrors: [] };
  const place = at ?? { source, line: 1, column: 1 };
  return { text, node: { kind: 'scalar', value: text, at: place }, syntaxErrors: errors };
}

async function readSource(
  uri: SourceUri,
  at: SourcePosition | undefined,
  { texts }: SourceAccess,
  read: () => Promise<string>,
): Promise<string> {
  const known = texts?.get(uri.text);
  if (known !== undefined) return known;
  try {
    const text = await read();
    texts?.set(uri.text, text);
    return text;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AgentError('CONFIG_SOURCE_UNREADABLE', `${uri.text} could not be read: ${reason}`, {
      ...(at ? { at } : {}),
      cause: error,
    });
  }
}

async function readLimited(file: string, access: SourceAccess): Promise<string> {
  if (access.readFile) return access.readFile(file);
  const { size } = await stat(file);
  if (size > MAX_SOURCE_BYTES) throw new Error(`it has ${size} bytes; the limit is ${MAX_SOURCE_BYTES}`);
  return readFileFromDisk(file, 'utf8');
}

async function download(url: string, fetch: typeof globalThis.fetch): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_SOURCE_BYTES) throw new Error(`it has more than ${MAX_SOURCE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
