// Evaluations a second of CPU time of three common expressions about a log entry, here and, where Go is there, in
// github.com/expr-lang/expr in the same run. Run: node bench/expr.ts

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compileExpression, type Environment } from '../expr/compile.ts';
import type { Value } from '../expr/value.ts';

const ROUNDS = 5;
const TIMES = 300_000;
/** The version that collector-contrib v0.161 names. */
const PEER = 'github.com/expr-lang/expr@v1.17.8';

const EXPRESSIONS: readonly string[] = [
  'body contains "refused" and attributes.status >= 500',
  'attributes["http.route"] matches "^/api/[a-z]+/" and resource["service.name"] == "shop"',
  'any(attributes.tags, # in ["b", "x"]) ? upper(body) : body',
];

interface Entry {
  readonly body: string;
  readonly attributes: ReadonlyMap<string, Value>;
  readonly resource: ReadonlyMap<string, Value>;
}

const ENTRY: Entry = {
  body: 'GET /api/orders/17 failed: connection refused',
  attributes: new Map<string, Value>([
    ['status', 503n],
    ['http.route', '/api/orders/{id}'],
    ['tags', ['a', 'b', 'c']],
  ]),
  resource: new Map([['service.name', 'shop']]),
};

const READERS: Readonly<Record<string, (entry: Entry) => Value>> = {
  body: ({ body }) => body,
  attributes: ({ attributes }) => attributes,
  resource: ({ resource }) => resource,
};
const environment: Environment<Entry> = {
  names: new Set(Object.keys(READERS)),
  read: (name) => READERS[name],
};

function median(rates: readonly number[]): number {
  return rates.toSorted((a, b) => a - b)[rates.length >> 1] ?? 0;
}

function ours(source: string): number {
  const evaluate = compileExpression(source, environment, { now: Date.now });
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.cpuUsage();
    for (let time = 0; time < TIMES; time += 1) evaluate(ENTRY);
    const { user, system } = process.cpuUsage(start);
    rates.push((TIMES * 1e6) / (user + system));
  }
  return median(rates);
}

/** The peer's figures, in the order of the expressions; none without Go. */
function theirs(): readonly number[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'expr-bench-'));
  try {
    copyFileSync(path.join(import.meta.dirname, 'expr', 'main.go'), path.join(folder, 'main.go'));
    let output = '';
    const steps = [
      ['mod', 'init', 'bench'],
      ['mod', 'edit', `-require=${PEER}`],
      ['mod', 'tidy'],
      ['run', '.'],
    ];
    for (const args of steps) {
      const { status, stdout } = spawnSync('go', args, {
        cwd: folder,
        encoding: 'utf8',
        input: JSON.stringify(EXPRESSIONS),
      });
      if (status !== 0) return [];
      output = stdout;
    }
    return output.split('\n').filter(Boolean).map(Number);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const shown = (rate: number): string => `${(rate / 1e6).toFixed(2)}M`;
const peer = theirs();
console.log(
  `evaluations a second of CPU time, garbage collection included, median of ${ROUNDS}; node ${process.version}, load ${os.loadavg()[0]?.toFixed(1)}`,
);
for (const [index, source] of EXPRESSIONS.entries()) {
  const rate = ours(source);
  const other = peer[index];
  const beside =
    other === undefined ? 'without Go there is no peer' : `expr ${shown(other)}, ${(rate / other).toFixed(1)}×`;
  console.log(`${source}: ${shown(rate)} (${beside})`);
}
