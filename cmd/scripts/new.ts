// `npm run new -- processor my_thing`: a new component that runs, passes the component suite and is registered. It is made
// from cmd/scripts/templates, the smallest component of each kind.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ComponentKind } from '../../pipeline/component.ts';
import { COMPONENTS } from '../registry.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TEMPLATES = fileURLToPath(new URL('templates/', import.meta.url));
const REGISTRY = 'cmd/registry.ts';

function isKind(text: string): text is ComponentKind {
  return Object.hasOwn(COMPONENTS, text);
}

function problemWith(kind: string, type: string): string | undefined {
  if (!isKind(kind) || type === '') return `usage: npm run new -- ${Object.keys(COMPONENTS).join('|')} my_thing`;
  if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(type)) return `"${type}" is not snake_case, such as my_thing`;
  if (existsSync(path.join(ROOT, `${kind}s`, type))) return `there is a ${kind} ${type} already`;
  return undefined;
}

/** Where each template goes and what it says. `type` is snake_case. */
function filesOf(kind: ComponentKind, type: string): ReadonlyMap<string, string> {
  const file = type.replaceAll('_', '-');
  const words: Readonly<Record<string, string>> = {
    kind,
    type,
    file,
    Class: file.replaceAll(/(?:^|-)([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase()),
  };
  const fill = (template: string): string =>
    readFileSync(path.join(TEMPLATES, template), 'utf8').replaceAll(
      /\{(kind|type|file|Class)\}/g,
      (_all, word: string) => words[word] ?? '',
    );
  return new Map([
    [`${kind}s/${type}/index.ts`, fill(`${kind}/index.txt`)],
    [`${kind}s/${type}/config.ts`, fill('config.txt')],
    [`${kind}s/${type}/${file}.ts`, fill(`${kind}/class.txt`)],
    [`test/${kind}s/${type}/${file}.test.ts`, fill('test.txt')],
  ]);
}

/** The registry's text with one more line, the types of a kind in order. */
function withRegistration(text: string, kind: ComponentKind, type: string): string {
  const lines = text.split('\n');
  const start = lines.indexOf(`  ${kind}: {`);
  const end = lines.indexOf('  },', start);
  if (start === -1 || end === -1) throw new Error(`${REGISTRY} has no section "${kind}"`);
  let at = start + 1;
  while (at < end && (/^ {4}(\w+):/.exec(lines[at] ?? '')?.[1] ?? '') < type) at += 1;
  return lines.toSpliced(at, 0, `    ${type}: { load: () => import('../${kind}s/${type}/index.ts') },`).join('\n');
}

function write(file: string, text: string): void {
  const full = path.join(ROOT, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
  process.stdout.write(`  ${file}\n`);
}

const [kind = '', type = ''] = process.argv.slice(2);
const problem = problemWith(kind, type);
if (problem !== undefined || !isKind(kind)) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
} else {
  const files = filesOf(kind, type);
  process.stdout.write('written:\n');
  for (const [file, text] of files) write(file, text);
  write(REGISTRY, withRegistration(readFileSync(path.join(ROOT, REGISTRY), 'utf8'), kind, type));
  execFileSync('oxfmt', [...files.keys(), REGISTRY], { cwd: ROOT, stdio: 'ignore' });
  // In a process of its own, because this one has the registry as it was.
  execFileSync(process.execPath, ['cmd/scripts/docs.ts'], { cwd: ROOT, stdio: 'inherit' });
  process.stdout.write('next: say what it is for in index.ts, then `npm run check` and `npm test`\n');
}
