import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { AgentConfiguration } from '../../../pipeline/config/configuration.ts';
import { configurationSchema } from '../../../pipeline/config/json-schema.ts';
import { loadConfiguration, type LoadResult } from '../../../pipeline/config/load.ts';
import { printConfiguration } from '../../../pipeline/config/print.ts';
import { testRegistry } from './declarations.ts';

const TEXT = `
extensions: {helper: {password: hunter2}}
receivers: {source: {protocols: {grpc: }}}
processors: {shape: {value: "0123", rules: {one: }}}
exporters: {aim/x: {endpoint: "a:1", token: "\${TOKEN}", headers: {authorization: Basic x}}}
service:
  extensions: [helper]
  pipelines: {traces: {receivers: [source], processors: [shape], exporters: [aim/x]}}
  telemetry: {logs: {processors: [{batch: {exporter: {otlp: {protocol: grpc, endpoint: "b:1", headers: {key: y}}}}}]}}
`;

function load(text: string): Promise<LoadResult> {
  return loadConfiguration({
    uris: ['agent.yaml'],
    env: { TOKEN: 'secret' },
    registry: testRegistry,
    readFile: () => Promise.resolve(text),
  });
}

void test('the effective configuration has every default and no secret', async () => {
  const { config } = await load(TEXT);
  assert.ok(config);
  const printed = printConfiguration(config);
  const value = Object(parse(printed));
  assert.deepEqual(value.receivers, {
    source: { protocols: { grpc: { endpoint: 'localhost:4317', limit: 4, enabled: true } } },
  });
  assert.deepEqual(value.processors, {
    shape: { timeout: '200ms', mode: 'fast', keys: [], rules: { one: { on: true } }, value: '0123' },
  });
  assert.deepEqual(value.exporters, {
    'target/x': { endpoint: 'a:1', token: '[REDACTED]', headers: { authorization: '[REDACTED]' }, port: 80 },
  });
  assert.deepEqual(value.extensions, { helper: { password: '[REDACTED]' } });
  assert.equal(value.service.telemetry.metrics.level, 'normal');
  assert.doesNotMatch(printed, /secret|hunter2|Basic|key: y/);
  assert.match(printConfiguration(config, { unredacted: true }), /secret/);
  assert.deepEqual(JSON.parse(printConfiguration(config, { format: 'json' })), value);
});

function settingsOf({ receivers, processors, exporters, extensions }: AgentConfiguration): unknown {
  return [receivers, processors, exporters, extensions].map((section) =>
    [...section.values()].map((each) => each.config),
  );
}

void test('what is printed means the same when it is read again', async () => {
  const { config } = await load(TEXT);
  assert.ok(config);
  const again = await load(printConfiguration(config, { unredacted: true }));
  assert.deepEqual(again.errors.map(String), []);
  assert.ok(again.config);
  assert.deepEqual(settingsOf(again.config), settingsOf(config));
  assert.deepEqual(again.config.service.telemetry, config.service.telemetry);
});

void test('the JSON Schema has every component by all its names, and the service', async () => {
  const schema = await configurationSchema(testRegistry);
  const properties = Object(schema.properties);
  assert.deepEqual(Object.keys(properties), [
    'receivers',
    'processors',
    'exporters',
    'connectors',
    'extensions',
    'service',
  ]);
  assert.deepEqual(Object.keys(properties.exporters.patternProperties), ['^(?:target|aim)(?:/.+)?$']);
  const target = properties.exporters.patternProperties['^(?:target|aim)(?:/.+)?$'];
  assert.equal(target.description, 'Takes data.');
  const [, settings] = target.anyOf;
  assert.equal(settings.properties.token.writeOnly, true);
  assert.deepEqual(settings.properties.port.type, ['integer', 'string'], 'a number may be written as ${env:PORT}');
  assert.deepEqual(settings.required, ['endpoint']);
  assert.ok(properties.service.anyOf[1].properties.telemetry);
});
