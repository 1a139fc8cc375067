// No secret is printed: every place of every component that holds one is filled with a mark, and whatever is shown of such
// a configuration, right or wrong, is searched for it. The places come from the schemas, so a new secret is in here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { parse } from 'yaml';
import { COMPONENTS, registry } from '../../cmd/registry.ts';
import type { ComponentKind, Declaration } from '../../pipeline/component.ts';
import type { AgentConfiguration } from '../../pipeline/config/configuration.ts';
import { loadConfiguration, type LoadResult } from '../../pipeline/config/load.ts';
import { printConfiguration } from '../../pipeline/config/print.ts';
import { isMarked, keysOf, stepInto, typesAt } from '../../pipeline/config/schema-walk.ts';
import { serviceSettings } from '../../pipeline/config/service.ts';
import { parseFeatureGates } from '../../pipeline/feature-gates.ts';

const CANARY = 'canary7f3a';

type Path = readonly (string | number)[];
type Schemas = Parameters<typeof keysOf>[0];

/** Every place that holds a secret; a map's is under the key `x`, a list's in its first element. */
function secretsIn(schemas: Schemas, path: Path = []): Path[] {
  if (schemas.length === 0 || path.length > 14) return [];
  const types = new Set(schemas.flatMap((schema) => [...typesAt(schema, [])]));
  const found: Path[] = isMarked(schemas, 'writeOnly') && types.has('string') ? [path] : [];
  for (const key of keysOf(schemas)) found.push(...secretsIn(stepInto(schemas, key), [...path, key]));
  if (types.has('record')) found.push(...secretsIn(stepInto(schemas, 'x'), [...path, 'x']));
  if (types.has('array')) found.push(...secretsIn(stepInto(schemas, 0), [...path, 0]));
  return found;
}

/** A copy of `root` with `value` at the path; what is in between is made. */
function withValue(root: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === 'number') return [withValue(Array.isArray(root) ? root[0] : undefined, rest, value)];
  const fields = typeof root === 'object' && root !== null && !Array.isArray(root) ? root : {};
  return { ...fields, [step]: withValue(Reflect.get(fields, step), rest, value) };
}

function exampleOf(declaration: Declaration): unknown {
  const example: unknown = parse(declaration.example);
  return typeof example === 'object' && example !== null ? Object.values(example)[0] : {};
}

const SECTION: Readonly<Record<ComponentKind, string>> = {
  receiver: 'receivers',
  processor: 'processors',
  exporter: 'exporters',
  connector: 'connectors',
  extension: 'extensions',
};

/** A configuration around one section, which nothing uses. */
function around(kind: ComponentKind, id: string, section: unknown): Record<string, unknown> {
  const configuration: Record<string, Record<string, unknown>> = {
    receivers: { 'nop/needed': null },
    exporters: { 'nop/needed': null },
    service: { pipelines: { traces: { receivers: ['nop/needed'], exporters: ['nop/needed'] } } },
  };
  configuration[SECTION[kind]] = { ...configuration[SECTION[kind]], [id]: section };
  return configuration;
}

function load(configuration: unknown): Promise<LoadResult> {
  return loadConfiguration({
    uris: ['agent.yaml'],
    sets: [],
    env: {},
    featureGates: parseFeatureGates(''),
    registry,
    readFile: () => Promise.resolve(JSON.stringify(configuration)),
  });
}

/** Everything that is said about a configuration: what `validate` and `print-config` print, and what a crash would show. */
function said(result: LoadResult): string {
  const { config, errors, warnings } = result;
  const shown = config ? [printConfiguration(config), printConfiguration(config, { format: 'json' })] : [];
  return [...shown, ...errors.map(String), inspect(errors, { depth: 8 }), JSON.stringify(warnings)].join('\n');
}

/** The same secret where it does not belong: of another type, in a list, in a map, beside a key that does not exist. */
function wrongForms(configuration: unknown, path: Path): unknown[] {
  const parent = path.slice(0, -1);
  return [
    withValue(configuration, path, [CANARY, { y: CANARY }]),
    withValue(configuration, path, { x: CANARY }),
    withValue(withValue(configuration, path, CANARY), [...parent, 'no_such_key'], 1),
  ];
}

async function check(where: string, configuration: Record<string, unknown>, path: Path): Promise<void> {
  const place = `${where} ${path.join('::')}`;
  const canary = new RegExp(CANARY);
  const right = withValue(configuration, path, CANARY);
  const result = await load(right);
  assert.doesNotMatch(said(result), canary, place);
  // Also where something else is wrong, which does not matter for printing.
  const printable = await asConfiguration(right);
  for (const format of ['yaml', 'json'] as const) {
    assert.doesNotMatch(printConfiguration(printable, { format }), canary, place);
    // Otherwise the walk went somewhere else.
    assert.match(printConfiguration(printable, { format, unredacted: true }), canary, place);
  }
  for (const wrong of wrongForms(configuration, path)) {
    assert.doesNotMatch(said(await load(wrong)), canary, `${place}, wrong form`);
  }
}

/** What printing reads of a configuration, without any validation. */
async function asConfiguration(written: unknown): Promise<AgentConfiguration> {
  const sections: Record<string, Map<string, unknown>> = {};
  for (const kind of Object.keys(SECTION) as ComponentKind[]) {
    const components = new Map<string, unknown>();
    for (const [id, raw] of Object.entries(Object(Reflect.get(Object(written), SECTION[kind])))) {
      const declaration = await registry.find(kind, id.split('/')[0] ?? id);
      components.set(id, { id, declaration, raw });
    }
    sections[SECTION[kind]] = components;
  }
  const service = { raw: Reflect.get(Object(written), 'service'), extensions: [], pipelines: new Map() };
  // Only what the printer reads is there.
  return { ...sections, service } as unknown as AgentConfiguration;
}

let places = 0;

// The keys are exactly the kinds.
for (const kind of Object.keys(COMPONENTS) as ComponentKind[]) {
  for (const type of registry.known(kind)) {
    void test(`${kind} ${type}`, async () => {
      const declaration = await registry.find(kind, type);
      assert.ok(declaration);
      for (const path of secretsIn([declaration.config])) {
        places += 1;
        const configuration = around(kind, type, exampleOf(declaration));
        await check(`${kind} ${type}`, configuration, [SECTION[kind], type, ...path]);
      }
    });
  }
}

void test('service', async () => {
  for (const path of secretsIn([serviceSettings])) {
    places += 1;
    await check('service', around('exporter', 'nop', null), ['service', ...path]);
  }
});

void test('the walk found secrets at all', () => {
  assert.ok(places > 100, `${places} places`);
});
