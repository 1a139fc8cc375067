import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { decode } from '../../../pipeline/config/decode.ts';
import { entryOf, toPlain, type MapNode } from '../../../pipeline/config/node.ts';
import { resolveConfiguration } from '../../../pipeline/config/resolve.ts';

const e2e = fileURLToPath(new URL('../../data/golden-core/confmap/internal/e2e/testdata/', import.meta.url));
const confmap = fileURLToPath(new URL('../../data/golden-core/confmap/testdata/', import.meta.url));

type Env = Readonly<Record<string, string>>;

async function resolve(uri: string, env: Env = {}): Promise<{ root: MapNode | undefined; problems: string }> {
  const { root, errors } = await resolveConfiguration({ uris: [uri], env });
  return { root, problems: errors.map(String).join('\n') };
}

/** What a file's values become. */
async function values(uri: string, env: Env = {}): Promise<unknown> {
  const { root, problems } = await resolve(uri, env);
  assert.equal(problems, '');
  assert.ok(root);
  return toPlain(root);
}

/** What a text with `${…}` becomes as the value of `key`. */
async function expanded(text: string, env: Env = {}): Promise<unknown> {
  return Object(await values(`yaml:key: ${JSON.stringify(text)}`, env)).key;
}

/** What the golden file's `field` becomes where a certain type is wanted, or the code of the error. */
async function typed(file: string, schema: z.ZodType, env: Env): Promise<unknown> {
  const { root, problems } = await resolve(`${e2e}${file}`, env);
  if (!root || problems !== '') return problems;
  const decoded = decode(z.strictObject({ field: schema }), root, []);
  return 'value' in decoded ? Object(decoded.value).field : decoded.errors.map((error) => error.code).join();
}

void test('references in text, by the table of the collector', async () => {
  const env = {
    HOST: 'localhost',
    PORT: '3044',
    OS: 'ubuntu',
    PR: 'amd',
    INT: '1',
    FLOAT: '3.25',
    BOOL: 'true',
    TIMESTAMP: '2023-03-20T03:17:55.432328Z',
    COMPLEX_VALUE: '[localhost:3042]',
  };
  const cases: readonly (readonly [string, unknown])[] = [
    ['${HOST}:${PORT}', 'localhost:3044'],
    ['${HOST}:$PORT', 'localhost:$PORT'],
    ['${env:COMPLEX_VALUE}', ['localhost:3042']],
    ['${env:HOST}:3043', 'localhost:3043'],
    ['https://${env:HOST}:3045', 'https://localhost:3045'],
    ['test_${env:INT}', 'test_1'],
    ['test_${env:FLOAT}', 'test_3.25'],
    ['test_${env:BOOL}', 'test_true'],
    ['test_${env:TIMESTAMP}', 'test_2023-03-20T03:17:55.432328Z'],
    ['test_${env:BOOL}_test_${env:BOOL}', 'test_true_test_true'],
    ['$${env:ESCAPED}:${env:PORT}', '${env:ESCAPED}:3044'],
    ['$${env:FIRST}_$${env:SECOND}_${env:PORT}', '${env:FIRST}_${env:SECOND}_3044'],
    ['${env:PORT}:$${env:ESCAPED}', '3044:${env:ESCAPED}'],
    ['env:HOST}', 'env:HOST}'],
    ['${HOST', '${HOST'],
    ['HO{ST}', 'HO{ST}'],
    ['${env:HOST${env:PORT?os=${env:OS', '${env:HOST${env:PORT?os=${env:OS'],
    ['env:HOST}env:PORT}?os=env:OS}', 'env:HOST}env:PORT}?os=env:OS}'],
    ['env:HOST}${env:PORT', 'env:HOST}${env:PORT'],
    ['env:HOST}${PORT}', 'env:HOST}3044'],
    ['${env:HOST}env:PORT}', 'localhostenv:PORT}'],
    ['${env:HOST${env:PORT}', '${env:HOST3044'],
    ['${env:HOST}${env:PORT', 'localhost${env:PORT'],
    ['env:HOST}env:PORT}?os=${env:OS}', 'env:HOST}env:PORT}?os=ubuntu'],
    ['${env:HOST${env:PORT?os=${env:OS}', '${env:HOST${env:PORT?os=ubuntu'],
    ['${env:HOST}}}}}}${env:PORT?os=${env:OS}', 'localhost}}}}}${env:PORT?os=ubuntu'],
    ['${env:HOST}${${${${${env:PORT}?os=${env:OS}', 'localhost${${${${3044?os=ubuntu'],
    ['env:HOST}${env:PORT}?os=env:OS}&pr=${env:PR}', 'env:HOST}3044?os=env:OS}&pr=amd'],
    ['${env:HOST${env:PORT}?os=${env:OS&pr=${env:PR}', '${env:HOST3044?os=${env:OS&pr=amd'],
    ['${yaml:localhost:${env:PORT}}?os=${env:OS}', 'localhost:3044?os=ubuntu'],
    ['${yaml:1${yaml:2${yaml:3${yaml:4}}}}', 1234],
    ['${env:NOBODY:-}', ''],
    ['${env:HOST:-fallback}', 'localhost'],
    ['${env:NOBODY:-${env:HOST}}', 'localhost'],
    ['${env:NOBODY}', null],
    ['a${env:NOBODY}b', 'ab'],
  ];
  for (const [text, value] of cases) assert.deepEqual(await expanded(text, env), value, text);
});

void test('environment variables in maps and lists', async () => {
  const env = {
    EXTRA: 'some string',
    EXTRA_MAP_VALUE_1: 'some map value_1',
    EXTRA_MAP_VALUE_2: 'some map value_2',
    EXTRA_LIST_MAP_VALUE_1: 'some list map value_1',
    EXTRA_LIST_MAP_VALUE_2: 'some list map value_2',
    EXTRA_LIST_VALUE_1: 'some list value_1',
    EXTRA_LIST_VALUE_2: 'some list value_2',
  };
  const wanted = await values(`${confmap}expand-with-no-env.yaml`);
  for (const file of ['expand-with-partial-env', 'expand-with-all-env']) {
    assert.deepEqual(await values(`${confmap}${file}.yaml`, env), wanted);
  }
});

void test('escaped dollar signs', async () => {
  const map = await values(`${e2e}expand-escaped-env.yaml`, {
    ENV_VALUE: 'some expanded value',
    ENV_LIST: "['$$ESCAPE_ME','$${ESCAPE_ME}','$${env:ESCAPE_ME}']",
    ENV_MAP: "{'key1':'$$ESCAPE_ME','key2':'$${ESCAPE_ME}','key3':'$${env:ESCAPE_ME}'}",
    ENV_NESTED_DOLLARSIGN: 'here is 1 $$',
    ENV_NESTED_DOLLARSIGN_ESCAPED: 'here are 2 $$$',
    ENV_EXPAND_NESTED: '${env:ENV_VALUE} came from nested expansion',
  });
  assert.deepEqual(map, {
    test_map: {
      key1: '$ENV_VALUE',
      key2: '$$ENV_VALUE',
      key3: '$some expanded value',
      key4: 'somesome expanded valuetext',
      key5: 'some${ENV_VALUE}text',
      key6: '${ONE}${TWO}',
      key7: 'text$',
      key8: '$',
      key9: '${1}${env:2}',
      key10: 'some${env:ENV_VALUE}text',
      key11: '${env:some expanded value}',
      key12: '${env:${ENV_VALUE}}',
      key13: 'env:MAP_VALUE_2}${ENV_VALUE}{',
      key14: '$some expanded value',
      key15: '$ENV_VALUE',
      key16: ['$ESCAPE_ME', '${ESCAPE_ME}', '${env:ESCAPE_ME}'],
      key17: { key1: '$ESCAPE_ME', key2: '${ESCAPE_ME}', key3: '${env:ESCAPE_ME}' },
      key18: 'here is 1 $',
      key19: 'here are 2 $$',
      key20: 'some expanded value came from nested expansion',
      key21: 'default_value',
      key22: '${env:UNDEFINED_KEY:-${env:UNDEFINED_KEY}}',
    },
  });
});

void test('a value takes the type its field wants, by the strict table of the collector', async () => {
  const int = z.int();
  const text = z.string();
  const bool = z.boolean();
  const file = 'types_expand.yaml';
  const inline = 'types_expand_inline.yaml';
  const commented = 'true # comment with a ${env:hello.world} reference';
  const cases: readonly (readonly [string, string, z.ZodType, unknown])[] = [
    ['123', file, int, 123],
    ['123', file, text, '123'],
    ['123', inline, text, 'inline field with 123 expansion'],
    ['0123', file, int, 83],
    ['0123', file, text, '0123'],
    ['0123', inline, text, 'inline field with 0123 expansion'],
    ['0xdeadbeef', file, int, 3735928559],
    ['0xdeadbeef', file, text, '0xdeadbeef'],
    ['"0123"', file, text, '"0123"'],
    ['"0123"', file, int, 'CONFIG_TYPE_WRONG'],
    ['"0123"', inline, text, 'inline field with "0123" expansion'],
    ['!!str 0123', file, text, '!!str 0123'],
    ['t', file, bool, 'CONFIG_TYPE_WRONG'],
    ['23', file, bool, 'CONFIG_TYPE_WRONG'],
    ['{"field": 123}', inline, text, 'inline field with {"field": 123} expansion'],
    ['1111:1111:1111:1111:1111::', file, text, '1111:1111:1111:1111:1111::'],
    ['2006-01-02T15:04:05Z07:00', file, text, '2006-01-02T15:04:05Z07:00'],
    [commented, file, bool, true],
    [commented, file, text, 'CONFIG_TYPE_WRONG'],
    ['', file, text, ''],
    ['a,b', file, z.array(text), ['a', 'b']],
    ['[1, 0x2]', file, z.array(int), [1, 2]],
  ];
  for (const [value, name, schema, expected] of cases) {
    const message = `${value} in ${name}`;
    assert.deepEqual(await typed(name, schema, { ENV: value }), expected, message);
    assert.deepEqual(
      await typed(name, schema, { ENV: '${env:ENV2}', ENV2: value }),
      expected,
      `${message}, indirectly`,
    );
  }
  assert.match(String(await typed(inline, text, { ENV: commented })), /"hello.world" is not the name/);
});

void test('maps within maps, each from a variable', async () => {
  const env = {
    ENV: '{env: "${env:ENV2}", inline: "inline ${env:ENV2}"}',
    ENV2: '{env2: "${env:ENV3}"}',
    ENV3: '{value: 123}',
  };
  assert.deepEqual(await values(`${e2e}types_expand.yaml`, env), {
    field: { env: { env2: { value: 123 } }, inline: 'inline {env2: "{value: 123}"}' },
  });
  assert.equal(
    await typed('types_expand.yaml', z.string(), env),
    '{env: "{env2: "{value: 123}"}", inline: "inline {env2: "{value: 123}"}"}',
  );
  const wrapped = { ENV: 'The value ${env:ENV2} is wrapped', ENV2: 'The value ${env:ENV3} is wrapped', ENV3: '123' };
  assert.equal(await typed('types_expand.yaml', z.string(), wrapped), 'The value The value 123 is wrapped is wrapped');
});

void test('sections from files, found through variables', async () => {
  const whole = await values(`${e2e}indirect-slice-env-var-main.yaml`, {
    BASE_FOLDER: e2e,
    OTEL_LOGS_RECEIVER: '[nop, otlp]',
    OTEL_LOGS_EXPORTER: '[otlp_grpc, nop]',
  });
  assert.deepEqual(Object(whole).service, {
    pipelines: { logs: { receivers: ['nop', 'otlp'], exporters: ['otlp_grpc', 'nop'] } },
  });
  const { root } = await resolve(`yaml:exporters: \${file:${e2e}issue-10787-snippet.yaml}`);
  const debug = entryOf(entryOf(root, 'exporters')?.node, 'debug');
  assert.deepEqual(debug?.keyAt, { source: `${e2e}issue-10787-snippet.yaml`, line: 2, column: 1 });
});

void test('what can not be replaced is an error at its place, and all of them are found', async () => {
  const text = [
    'a: ${env:1x}',
    'b: [1, "${vault:secret}"]',
    'c: ${file:/nowhere/at/all.yaml}',
    'd: ${LOOP}',
    `e: ${'${A}'.repeat(101)}`,
    'f: ${A$B}',
  ].join('\n');
  const { problems } = await resolve(`yaml:${text}`, { LOOP: '${LOOP}' });
  const codes = problems.split('\n').flatMap((line) => /\[([A-Z_]+)\]$/.exec(line)?.[1] ?? []);
  assert.deepEqual(codes, [
    'CONFIG_EXPANSION_FAILED',
    'CONFIG_SCHEME_UNSUPPORTED',
    'CONFIG_SOURCE_UNREADABLE',
    'CONFIG_TOO_MANY_EXPANSIONS',
    'CONFIG_TOO_MANY_EXPANSIONS',
    'CONFIG_EXPANSION_FAILED',
  ]);
  assert.match(problems, /^yaml:a: \S+\.\.\.:2:8: the scheme "vault"/m);
  const { problems: withDefault } = await resolve('yaml:a: ${NAME:-x}');
  assert.match(withDefault, /"NAME".*CONFIG_SCHEME_UNSUPPORTED\]\n.*\$\{env:NAME:-x\}/);
});

void test('a variable that names itself twice ends after a bounded number of look-ups', async () => {
  const { problems } = await resolve('yaml:a: ${A}\nb: ${B}', { A: '["${A}", "${A}"]', B: 'fine' });
  assert.match(
    problems,
    /^yaml:.*:1:4: the configuration holds more than 10000 references.*CONFIG_TOO_MANY_EXPANSIONS/,
  );
});

void test('sources by HTTP', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/config' ? 200 : 404;
    response.end('key: ${env:VALUE}\n');
  });
  after(() => server.close());
  await new Promise<void>((resolvePromise) => {
    server.listen(0, '127.0.0.1', resolvePromise);
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  const base = `http://127.0.0.1:${address.port}`;
  assert.deepEqual(await values(`${base}/config`, { VALUE: '7' }), { key: 7 });
  assert.match((await resolve(`${base}/other`)).problems, /the server answered 404.*CONFIG_SOURCE_UNREADABLE/);
  assert.match((await resolve('s3:bucket')).problems, /CONFIG_SCHEME_UNSUPPORTED/);
  assert.deepEqual(await values('env:WHOLE', { WHOLE: 'key: 1' }), { key: 1 });
});
