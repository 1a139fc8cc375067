// The project's source files and what they import, for the checks on the house itself.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Source {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  readonly text: string;
  /** Relative imports, resolved to project files; types included. */
  readonly imports: readonly string[];
}

const FOLDERS = 'cmd,pipeline,proto,ottl,expr,receivers,processors,exporters,connectors,extensions,bench,test';
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^'$]+)'/g;

function read(file: string): Source {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  // The templates of new components are source text, not sources.
  if (file === 'cmd/scripts/templates.ts') return { file, text, imports: [] };
  const imports = [...text.matchAll(IMPORT)].map(([, target = '']) =>
    path.posix.normalize(path.posix.join(path.posix.dirname(file), target)),
  );
  return { file, text, imports };
}

export const SOURCES: readonly Source[] = globSync(`{${FOLDERS}}/**/*.ts`, { cwd: ROOT })
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => !file.includes('node_modules/') && !file.endsWith('.d.ts'))
  .toSorted()
  .map(read);

/** Product code: everything but tests and benchmarks. */
export const PRODUCT: readonly Source[] = SOURCES.filter(({ file }) => !/^(?:test|bench)\//.test(file));
