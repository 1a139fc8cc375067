import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfiguration, type LoadResult } from '../../../pipeline/config/load.ts';
import { parseFeatureGates } from '../../../pipeline/feature-gates.ts';
import { testRegistry } from './declarations.ts';

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly gates?: string;
  readonly sets?: readonly string[];
}

function load(text: string, { env = {}, gates = '', sets = [] }: Options = {}): Promise<LoadResult> {
  return loadConfiguration({
    uris: ['agent.yaml'],
    sets,
    env,
    featureGates: parseFeatureGates(gates),
    registry: testRegistry,
    readFile: () => Promise.resolve(text),
  });
}

async function problems(text: string, options: Options = {}): Promise<string> {
  const { errors, config } = await load(text, options);
  assert.equal(config === undefined, errors.length > 0);
  return errors.map(String).join('\n');
}

const GOOD = `
receivers:
  source: {protocols: {grpc: , http: }}
processors:
  shape:
exporters:
  target: {endpoint: "localhost:1"}
service:
  pipelines:
    traces: {receivers: [source], processors: [shape], exporters: [target]}
`;

void test('a good configuration is decoded by its declarations, with defaults', async () => {
  const { verdict, config, warnings, errors } = await load(GOOD);
  assert.deepEqual([verdict, warnings, errors], ['valid', [], []]);
  assert.deepEqual(config?.receivers.get('source')?.config, {
    protocols: { grpc: { endpoint: 'localhost:4317', limit: 4 }, http: { endpoint: 'localhost:4318' } },
  });
  assert.deepEqual(config.processors.get('shape')?.config, { timeout: 200, mode: 'fast', keys: [], rules: {} });
  assert.deepEqual(config.processors.get('shape')?.position, { source: 'agent.yaml', line: 5, column: 3 });
  assert.deepEqual(
    [...config.service.pipelines],
    [['traces', { signal: 'traces', receivers: ['source'], processors: ['shape'], exporters: ['target'] }]],
  );
  assert.equal(config.service.telemetry.metrics.readers[0]?.pull?.exporter.prometheus?.port, 8888);
  assert.equal(config.service.workers, 1);
});

void test('all errors come at once, in order, each with its place and the nearest name', async () => {
  const text = `
recievers:
  x:
receivers:
  source:
    protocols:
      gprc:
      grpc: {limit: many}
  "source/two words": {}
processors:
  shape: {timeout: 5 seconds, mode: carefull, keyz: 1}
exporters:
  target: {endpoint: 4317, port: 70000}
  target/2: {token: 5}
service:
  extensions: [helpr]
  pipelines:
    trace: {receivers: [source], exporters: [target]}
    metrics: {receivers: [source], processors: [shape, shape], exporters: [targte]}
    logs: {receivers: [source], exporters: []}
`;
  const lines = (await problems(text)).split('\n').filter((line) => line.startsWith('agent.yaml'));
  assert.deepEqual(lines, [
    'agent.yaml:2:1: recievers: the section "recievers" is unknown; did you mean "receivers"? [CONFIG_KEY_UNKNOWN]',
    'agent.yaml:7:7: receivers::source::protocols::gprc: the key "gprc" is unknown here; did you mean "grpc"? [CONFIG_KEY_UNKNOWN]',
    'agent.yaml:8:21: receivers::source::protocols::grpc::limit: expected a number, found the text "many" [CONFIG_TYPE_WRONG]',
    'agent.yaml:9:3: receivers::source/two words: "source/two words" is not a component id: "two words" is not a name; blanks, control characters and symbols are not allowed [CONFIG_ID_INVALID]',
    'agent.yaml:11:20: processors::shape::timeout: "5 seconds" is not a duration; expected a number with a unit (ns, us, ms, s, m, h), such as 200ms or 1h30m [CONFIG_VALUE_INVALID]',
    'agent.yaml:11:37: processors::shape::mode: the text "carefull" is not allowed; expected one of fast, careful; did you mean "careful"? [CONFIG_VALUE_INVALID]',
    'agent.yaml:11:47: processors::shape::keyz: the key "keyz" is unknown here; did you mean "keys"? [CONFIG_KEY_UNKNOWN]',
    'agent.yaml:13:22: exporters::target::endpoint: expected text, found the number 4317 [CONFIG_TYPE_WRONG]',
    'agent.yaml:13:34: exporters::target::port: 70000 is not allowed; expected at most 65535 [CONFIG_VALUE_INVALID]',
    'agent.yaml:14:13: exporters::target/2::endpoint: the key "endpoint" is missing; expected text [CONFIG_KEY_MISSING]',
    'agent.yaml:14:21: exporters::target/2::token: expected text, found the number [REDACTED] [CONFIG_TYPE_WRONG]',
    'agent.yaml:16:16: service::extensions::0: the extension "helpr" is not configured in extensions [CONFIG_REFERENCE_UNKNOWN]',
    'agent.yaml:18:5: service::pipelines::trace: a pipeline id begins with one of traces, metrics, logs, profiles, not with "trace"; did you mean "traces"? [CONFIG_ID_INVALID]',
    'agent.yaml:19:49: service::pipelines::metrics::processors::0: the processor "shape" does not handle metrics; it handles traces, logs [CONFIG_SIGNAL_UNSUPPORTED]',
    'agent.yaml:19:56: service::pipelines::metrics::processors::1: the processor "shape" does not handle metrics; it handles traces, logs [CONFIG_SIGNAL_UNSUPPORTED]',
    'agent.yaml:19:56: service::pipelines::metrics::processors::1: the processor "shape" stands twice in this pipeline [CONFIG_PROCESSOR_TWICE]',
    'agent.yaml:19:76: service::pipelines::metrics::exporters::0: the exporter "targte" is not configured in exporters or connectors; did you mean "target"? [CONFIG_REFERENCE_UNKNOWN]',
    'agent.yaml:20:5: service::pipelines::logs: the pipeline has no exporters; it needs at least one [CONFIG_PIPELINE_INCOMPLETE]',
  ]);
});

void test('the leniencies of the collector: null, comma lists, texts of variables', async () => {
  const text = GOOD.replace(
    '  shape:\n',
    '  shape: {timeout: , keys: "a,b", rules: {one: , two: {on: }}, mode: "${MODE}", value: "${VALUE}"}\n',
  ).replace('endpoint: "localhost:1"', 'endpoint: "${PORT}", token: "${TOKEN}"');
  const { config, errors } = await load(text, { env: { MODE: 'careful', VALUE: '7', PORT: '0123', TOKEN: '0x10' } });
  assert.deepEqual(errors.map(String), []);
  assert.deepEqual(config?.processors.get('shape')?.config, {
    timeout: 200,
    mode: 'careful',
    keys: ['a', 'b'],
    rules: { one: { on: true }, two: { on: true } },
    value: 7,
  });
  const { endpoint, token } = Object(config.exporters.get('target')?.config);
  assert.deepEqual([endpoint, token], ['0123', '0x10']);
  assert.equal(Object(config.exporters.get('target')?.raw).endpoint, '0123', 'a changed text is a changed section');
});

void test('components of other distributions are told apart from mistakes', async () => {
  const text = GOOD.replace('  shape:\n', '  shape:\n  tail_sampling: {x: 1}\n').replace(
    '[shape]',
    '[shape, tail_sampling]',
  );
  const { verdict, unavailable, errors } = await load(text);
  assert.deepEqual([verdict, unavailable], ['unavailable', ['tail_sampling']]);
  assert.deepEqual(
    errors.map((error) => error.code),
    ['CONFIG_COMPONENT_UNAVAILABLE'],
  );
  const mistyped = await load(GOOD.replaceAll('shape', 'shpae'));
  assert.match(mistyped.errors.join(), /this agent has no processor "shpae"; did you mean "shape"\?/);
  const removed = await load(GOOD.replaceAll('target', 'logging'));
  assert.equal(removed.verdict, 'refused');
  assert.match(removed.errors.join(), /"logging" no longer exists; use "debug"/);
  const broken = await load('a: [1');
  assert.deepEqual([broken.verdict, broken.syntax], ['refused', true]);
});

void test('older spellings are the same component, unless both are configured', async () => {
  const old = await load(GOOD.replaceAll('source', 'old_source').replaceAll('target', 'aim/x'));
  assert.deepEqual([old.verdict, [...(old.config?.exporters.keys() ?? [])]], ['valid', ['target/x']]);
  assert.deepEqual(old.config?.service.pipelines.get('traces')?.receivers, ['source']);
  assert.match(old.warnings.map(({ message }) => message).join(), /"old_source" is the older spelling of "source"/);
  const mixed = await load(GOOD.replace('exporters: [target]', 'exporters: [aim]').replace('target:', 'aim:'));
  assert.deepEqual(mixed.config?.service.pipelines.get('traces')?.exporters, ['target']);
  const both = GOOD.replace('  target:', '  aim: {endpoint: "localhost:2"}\n  target:').replace(
    '[target]',
    '[target, aim]',
  );
  const { config } = await load(both);
  assert.equal(config?.service.pipelines.get('traces')?.exporters.length, 2);
  assert.equal(config.exporters.size, 2);
  const twice = await problems(GOOD.replace('  shape:\n', '  shape/a:\n  shape / a:\n'));
  assert.match(twice, /"shape\/a" is configured twice/);
});

void test('a deprecated key works and is told of', async () => {
  const { verdict, warnings } = await load(GOOD.replace('  shape:\n', '  shape: {size: 5}\n'));
  assert.equal(verdict, 'valid');
  assert.deepEqual(warnings, [
    {
      at: { source: 'agent.yaml', line: 5, column: 11 },
      path: 'processors::shape::size',
      message: 'Deprecated: use keys.',
    },
  ]);
});

void test('connectors need two sides that they can join', async () => {
  const base = (pipelines: string): string =>
    `${GOOD.slice(0, GOOD.indexOf('service:'))}connectors: {bridge: }\nservice: {pipelines: {${pipelines}}}\n`;
  const from = 'traces: {receivers: [source], exporters: [bridge]}';
  const to = 'logs: {receivers: [bridge], exporters: [target]}';
  assert.equal(await problems(base(`${from}, ${to}`)), '');
  assert.match(
    await problems(base(from)),
    /"bridge" is an exporter of traces but a receiver of no pipeline.*CONFIG_CONNECTOR_UNUSED/,
  );
  assert.match(await problems(base(to)), /"bridge" is a receiver of logs but an exporter of no pipeline/);
  const wrongWay =
    'logs: {receivers: [source], exporters: [bridge]}, traces: {receivers: [bridge], exporters: [target]}';
  assert.equal((await problems(base(wrongWay))).split('\n').length, 2);
  const ambiguous = GOOD.replace('exporters:\n', 'connectors: {bridge: }\nexporters:\n').replace(
    '  target:',
    '  bridge: {}\n  target:',
  );
  assert.match(await problems(ambiguous), /"bridge" is a connector and also one of the exporters/);
});

void test('gates: profiles, and configurations without pipelines', async () => {
  const profiles = GOOD.replace('traces:', 'profiles:').replace('processors: [shape], ', '');
  assert.match(
    await problems(profiles),
    /agent.yaml:10:5: .*service.profilesSupport \[CONFIG_GATED\]\n.*--feature-gates/,
  );
  assert.equal(await problems(profiles, { gates: 'service.profilesSupport' }), '');
  const none = 'extensions: {helper: }\nservice: {extensions: [helper]}\n';
  assert.equal((await problems(none)).split('\n').length, 3, 'no receivers, no exporters, no pipeline');
  assert.equal(await problems(none, { gates: 'service.AllowNoPipelines' }), '');
});

void test('an unset variable does not hide other errors and is told of once', async () => {
  const text = GOOD.replace('  shape:\n', '  shape: {timeout: "${s3:x}", kez: 1}\n');
  const { verdict, errors } = await load(text);
  assert.equal(verdict, 'refused');
  assert.deepEqual(
    errors.map((error) => error.code),
    ['CONFIG_SCHEME_UNSUPPORTED', 'CONFIG_KEY_UNKNOWN'],
  );
});

void test('what --set puts in is found there', async () => {
  const text = await problems(GOOD, { sets: ['processors.shape.timeout=soon'] });
  assert.match(text, /^--set processors.shape.timeout:1:1: processors::shape::timeout: "soon" is not a duration/);
});

void test('sections of the wrong kind', async () => {
  assert.match(
    await problems('receivers: [source]\nexporters: 5\nservice:\n'),
    /expected a map of component ids, found a list/,
  );
  assert.match(
    await problems(GOOD.replace('[source]', 'source')),
    /receivers: expected a list, found the text "source"/,
  );
  assert.match(await problems(GOOD.replace('[source]', '{a: b}')), /receivers: expected a list, found a map/);
  assert.match(await problems(GOOD.replace('  shape:\n', '  shape: [1]\n')), /shape: expected a map, found a list/);
});

void test('a value that is refused names the variables that are not set in it, and only these', async () => {
  const shape = (mode: string): string => GOOD.replace('  shape:\n', `  shape: {mode: '${mode}'}\n`);
  const env = { SET: 'x' };
  const one = await problems(shape('${env:SET}${env:MISSING}'), { env });
  assert.match(one, /^agent\.yaml:5:17: .*; the environment variable MISSING is not set/);
  assert.match(one, /Set it, or write a default: \$\{env:MISSING:-value\}/);
  const two = await problems(shape('x${MISSING}${OTHER}${MISSING}'), { env });
  assert.match(two, /; the environment variables MISSING and OTHER are not set/);
  assert.doesNotMatch(await problems(shape('x${env:MISSING:-}${env:SET}'), { env }), /MISSING|SET|not set/);
  assert.equal(await problems(shape('fast${MISSING}')), '', 'a variable that is not set is no error by itself');
});
