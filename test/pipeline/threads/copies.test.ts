import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '../../../cmd/registry.ts';
import { loadConfiguration } from '../../../pipeline/config/load.ts';
import { copiesOf } from '../../../pipeline/threads/copies.ts';

async function copied(
  pipelines: object,
): Promise<{ copies: string[]; single: Record<string, string>; extensions: readonly string[] }> {
  const text = JSON.stringify({
    receivers: { otlp: { protocols: { grpc: {} } }, 'otlp/2': { protocols: { http: {} } }, nop: null },
    processors: { batch: null },
    exporters: { nop: null, debug: null, file: { path: 'x' }, otlp_grpc: { endpoint: 'localhost:1' } },
    connectors: { forward: null, 'forward/2': null },
    extensions: { zpages: null },
    service: { extensions: ['zpages'], pipelines },
  });
  const { config, errors } = await loadConfiguration({ uris: [`yaml:${text}`], env: {}, registry });
  assert(config, errors.join('\n'));
  const { configuration, single } = copiesOf(config);
  return {
    copies: [...configuration.service.pipelines.keys()],
    single: Object.fromEntries(single.map(({ id, because }) => [id, because])),
    extensions: configuration.service.extensions,
  };
}

void test('a pipeline with a part that has to be one runs once; others are copied', async () => {
  const result = await copied({
    traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['otlp_grpc', 'debug'] },
    logs: { receivers: ['otlp/2'], exporters: ['file'] },
  });
  assert.deepEqual(result, { copies: ['traces'], single: { logs: 'exporter:file' }, extensions: [] });
});

void test('pipelines that share a receiver stay together', async () => {
  const { copies, single } = await copied({
    traces: { receivers: ['otlp'], exporters: ['nop'] },
    logs: { receivers: ['otlp'], exporters: ['file'] },
    metrics: { receivers: ['otlp/2'], exporters: ['nop'] },
  });
  assert.deepEqual(copies, ['metrics']);
  assert.deepEqual(single, { logs: 'exporter:file', traces: 'exporter:file' });
});

void test('pipelines that a connector joins stay together, over any number of steps', async () => {
  const { copies, single } = await copied({
    'traces/in': { receivers: ['otlp'], exporters: ['forward'] },
    'traces/between': { receivers: ['forward'], exporters: ['forward/2'] },
    'traces/out': { receivers: ['forward/2'], exporters: ['file'] },
    'traces/apart': { receivers: ['nop'], exporters: ['nop'] },
  });
  assert.deepEqual(copies, ['traces/apart']);
  assert.deepEqual(Object.keys(single).toSorted(), ['traces/between', 'traces/in', 'traces/out']);
});
