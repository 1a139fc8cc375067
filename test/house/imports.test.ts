// Arrows point one way: cmd → components → pipeline → proto; no component imports another; no circles.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { PRODUCT, ROOT, SOURCES } from './sources.ts';

const COMPONENT_FOLDERS = new Set(['receivers', 'processors', 'exporters', 'connectors', 'extensions']);

/** What a room may import besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  pipeline: ['proto'],
  ottl: ['proto', 'pipeline'],
  expr: ['proto', 'pipeline'],
  component: ['proto', 'pipeline', 'ottl', 'expr'],
  cmd: ['proto', 'pipeline', 'ottl', 'expr', 'component'],
};

function roomOf(file: string): string {
  const [top = ''] = file.split('/');
  return COMPONENT_FOLDERS.has(top) ? 'component' : top;
}

/** `receivers/otlp` for receivers/otlp/grpc.ts. */
function componentOf(file: string): string {
  return file.split('/').slice(0, 2).join('/');
}

void test('imports follow the arrows of the architecture', () => {
  const wrong: string[] = [];
  for (const { file, imports } of PRODUCT) {
    const room = roomOf(file);
    for (const target of imports) {
      const other = roomOf(target);
      const isAllowed =
        other === room
          ? room !== 'component' || componentOf(file) === componentOf(target)
          : ALLOWED[room]?.includes(other);
      if (!isAllowed) wrong.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

void test('every relative import names a file', () => {
  const missing = SOURCES.flatMap(({ file, imports }) =>
    imports.filter((target) => !existsSync(path.join(ROOT, target))).map((target) => `${file} imports ${target}`),
  );
  assert.deepEqual(missing, []);
});

void test('no imports in a circle, types included', () => {
  const graph = new Map(PRODUCT.map(({ file, imports }) => [file, imports]));
  const done = new Set<string>();
  const trail: string[] = [];
  const circles: string[] = [];
  const visit = (file: string): void => {
    const start = trail.indexOf(file);
    if (start !== -1) {
      circles.push([...trail.slice(start), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    trail.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    trail.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  assert.deepEqual(circles, []);
});
