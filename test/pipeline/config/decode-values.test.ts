import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { registry } from '../../../cmd/registry.ts';
import { configurationSchema } from '../../../pipeline/config/json-schema.ts';
import type { AgentConfiguration } from '../../../pipeline/config/configuration.ts';
import { loadConfiguration } from '../../../pipeline/config/load.ts';
import { printConfiguration } from '../../../pipeline/config/print.ts';
import { configValue } from '../../../pipeline/config-value.ts';

/** A configuration whose resource processor sets one value. */
async function load(value: string, env: Readonly<Record<string, string>> = {}): Promise<AgentConfiguration> {
  const text = `
receivers: {otlp: {protocols: {grpc: }}}
processors: {resource: {attributes: [{key: a, action: upsert, value: ${value}}]}}
exporters: {debug: {sampling_initial: 5.0}}
service: {pipelines: {traces: {receivers: [otlp], processors: [resource], exporters: [debug]}}}
`;
  const { config, errors } = await loadConfiguration({
    uris: ['agent.yaml'],
    env,
    registry,
    readFile: () => Promise.resolve(text),
  });
  assert.deepEqual(errors.map(String), []);
  assert.ok(config);
  return config;
}

function valueOf({ processors }: AgentConfiguration): unknown {
  return configValue(Object(processors.get('resource')?.config).attributes[0].value);
}

void test('attribute values written as floats are doubles, also from the environment and within lists and maps', async () => {
  assert.equal(valueOf(await load('1.0')), 1);
  assert.equal(valueOf(await load('1')), 1n);
  assert.ok(Object.is(valueOf(await load('-0.0')), -0));
  assert.equal(valueOf(await load('"1.0"')), '1.0');
  assert.equal(valueOf(await load('"${env:A}"', { A: '3.0' })), 3);
  assert.deepEqual(valueOf(await load('[1.0, 1, {b: 1e3}]')), [1, 1n, new Map([['b', 1000]])]);
});

void test('other settings take floats that are whole as the numbers they are', async () => {
  const { exporters } = await load('1');
  assert.equal(Object(exporters.get('debug')?.config).sampling_initial, 5);
});

void test('a value that became a float is a change, and is printed as one', async () => {
  const raw = async (value: string): Promise<string> =>
    JSON.stringify((await load(value)).processors.get('resource')?.raw);
  assert.notEqual(await raw('1.0'), await raw('1'));
  assert.equal(await raw('1.0'), await raw('1.00'));
  const printed = printConfiguration(await load('[1.0, 1]'));
  assert.match(printed, /- 1\.0\n\s+- 1\n/);
  assert.equal(
    JSON.parse(printConfiguration(await load('1.0'), { format: 'json' })).processors.resource.attributes[0].value,
    1,
  );
  assert.deepEqual(parse(printed).processors.resource.attributes[0].value, [1, 1]);
});

void test('the JSON Schema keeps to the words of JSON Schema', async () => {
  assert.doesNotMatch(JSON.stringify(await configurationSchema(registry)), /anyValue/);
});
