// Paths by patterns as Go's filepath.Glob has them: `*`, `?` and `[a-z]` within a part of a path, files that begin with a dot
// included, what can not be read left out.

import { existsSync, readdirSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import path from 'node:path';

const MAGIC = /[*?[\\]/;

/** The paths that exist and match, sorted, at most `limit` of them. */
export function globSync(pattern: string, limit: number): string[] {
  if (!MAGIC.test(pattern)) return existsSync(pattern) ? [pattern] : [];
  const { folder, matches } = split(pattern);
  const folders = MAGIC.test(folder) ? globSync(folder, limit) : [folder];
  return folders.flatMap((one) => found(one, namesSync(one), matches)).slice(0, limit);
}

/** The same without holding anything up. */
export async function glob(pattern: string, limit: number): Promise<string[]> {
  if (!MAGIC.test(pattern)) {
    return access(pattern).then(
      () => [pattern],
      () => [],
    );
  }
  const { folder, matches } = split(pattern);
  const folders = MAGIC.test(folder) ? await glob(folder, limit) : [folder];
  const paths: string[] = [];
  for (const one of folders) {
    const names = await readdir(one === '' ? '.' : one).catch(() => []);
    paths.push(...found(one, names, matches));
    if (paths.length >= limit) break;
  }
  return paths.slice(0, limit);
}

function split(pattern: string): { readonly folder: string; readonly matches: RegExp } {
  const at = pattern.lastIndexOf('/');
  // The root keeps its slash.
  return { folder: pattern.slice(0, at <= 0 ? at + 1 : at), matches: partPattern(pattern.slice(at + 1)) };
}

function namesSync(folder: string): string[] {
  try {
    return readdirSync(folder === '' ? '.' : folder);
  } catch {
    return [];
  }
}

function found(folder: string, names: readonly string[], matches: RegExp): string[] {
  return names
    .filter((name) => matches.test(name))
    .toSorted()
    .map((name) => (folder === '' ? name : path.join(folder, name)));
}

/** One part of a path. A class that does not end is plain text, where Go refuses the pattern. */
function partPattern(part: string): RegExp {
  let source = '';
  for (let at = 0; at < part.length; at += 1) {
    const character = part.charAt(at);
    const close = character === '[' ? part.indexOf(']', at + 2) : -1;
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (close !== -1) {
      source += `[${part.slice(at + 1, close).replaceAll(/[\\[]/g, String.raw`\$&`)}]`;
      at = close;
    } else {
      if (character === '\\' && at + 1 < part.length) at += 1;
      source += RegExp.escape(part.charAt(at));
    }
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A class such as [z-a], which nothing matches.
    return /(?!)/;
  }
}
