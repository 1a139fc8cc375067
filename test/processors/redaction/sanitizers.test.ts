// URLs and statements of databases: the cases of clusterurl and of DataDog's obfuscator, and spans with such names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutJsonValues } from '../../../processors/redaction/db/json-values.ts';
import { withoutRedisArguments } from '../../../processors/redaction/db/redis-commands.ts';
import { withoutSqlLiterals } from '../../../processors/redaction/db/sql-literals.ts';
import redaction from '../../../processors/redaction/index.ts';
import { UrlSanitizer } from '../../../processors/redaction/url/url-sanitizer.ts';
import { allAttributes, attributes, batchOfJson, decoded, running } from '../../support/processor.ts';

type Cases = readonly (readonly [input: string, expected: string])[];

function check(sanitize: (text: string) => string, cases: Cases): void {
  for (const [input, expected] of cases) assert.equal(sanitize(input), expected, JSON.stringify(input));
}

void test('ids in URLs', () => {
  const urls = new UrlSanitizer();
  const cases: Cases = [
    ['', ''],
    ['/users/fdklsd/j4elk/23993/job/2', '/users/*/j4elk/*/job/*'],
    ['123', '*'],
    ['123/ljgdflgjf', '*/*'],
    ['/**', '/*'],
    ['/v1/products/22j', '/v1/products/*'],
    ['/products//org/3', '/products//org/*'],
    ['/Benutzer/fdklsd/j4elk/23993/Arbeit/2', '/Benutzer/*/j4elk/*/Arbeit/*'],
    ['/api.backup/hello.world', '/api.backup/hello.world'],
    ['CONNECT /user_space/', 'CONNECT /user_space/'],
    ['/attach?session_id=ddfsdsf&track_id=sjdklnfldsn', '/attach'],
    ['GET /api/cart?sessionId=55f4e5ea-5d6d-482a-80c4-799e3c72dfb0&currencyCode=USD', 'GET /api/cart'],
    ['?', ''],
    ['attach12?', '*'],
    ['12#', '*'],
    ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/i'],
  ];
  check((text) => urls.sanitize(text), cases);
  check((text) => urls.sanitize(text), cases); // remembered
});

void test('SQL', () => {
  check(
    (text) => withoutSqlLiterals(text, ''),
    [
      ["SELECT * FROM users WHERE id = 42 AND name = 'j''x'", 'SELECT * FROM users WHERE id = ? AND name = ??'],
      ['INSERT INTO t1 VALUES (TRUE, null, $1, -3.5e+7)', 'INSERT INTO t? VALUES (?, ?, ?, ?)'],
      ["SELECT 'a\\'b', 'open", 'SELECT ?, ?'],
      ['SELECT $$x$$, $t$y$t$, $func$SELECT 1$func$', 'SELECT ?, ?, $func$SELECT ?$func$'],
      ['SELECT "a1"."b2", fn1(2), größe1 FROM a.t2 -- 1', 'SELECT "a?"."b?", fn1(?), größe? FROM a.t? -- 1'],
      ['WHERE a = ? AND b=:p1 AND c @> 0x1F', 'WHERE a = ? AND b=:p? AND c @> ?'],
      ['', ''],
    ],
  );
  check((text) => withoutSqlLiterals(text, 'mysql'), [['SELECT "secret" FROM `t1` # 1', 'SELECT ? FROM `t?` # 1']]);
  check(
    (text) => withoutSqlLiterals(text, 'sqlserver'),
    [['SELECT [a1].[b2] FROM #t1 WHERE $action = 1', 'SELECT [a?].[b?] FROM #t? WHERE $action = ?']],
  );
});

void test('Redis and Valkey', () => {
  check(withoutRedisArguments, [
    ['AUTH secret', 'AUTH ?'],
    ['set key value EX 10', 'set key ? EX 10'],
    ['HMSET h a 1 b 2', 'HMSET h a ? b ?'],
    ['SET k "a \\" b" NX', 'SET k ? NX'],
    ['LPUSH k a b c\nGET k', 'LPUSH k ?\nGET k'],
    ['CONFIG SET a b', 'CONFIG SET a ?'],
    ['BITFIELD k SET u8 0 200 GET u8 0', 'BITFIELD k SET u8 0 ? GET u8 0'],
    ['ZADD k NX CH 1 a 2 b', 'ZADD k NX CH 1 ? 2 ?'],
    ['', ''],
  ]);
});

void test('JSON', () => {
  check(withoutJsonValues, [
    ['{"find": "users", "filter": {"a b": [1, {"x": null}]}} ', '{"find":"?","filter":{"a b":["?",{"x":"?"}]}} '],
    ['{"k": "v\\"w", "l\\"": true}', '{"k":"?","l\\"":"?"}'],
    ['"text"', '"?"'],
    ['/foo/{bar}', '/foo/{bar}'],
    ['', ''],
  ]);
});

interface Case {
  readonly name: string;
  readonly kind: number;
  readonly attributes?: Record<string, unknown>;
}

/** The name that a span has behind the processor. */
async function spanName(settings: string, span: Case): Promise<unknown> {
  const { processor, next } = running(redaction, `{allow_all_keys: true, ${settings}}`);
  const spans = [{ ...span, attributes: attributes(span.attributes ?? {}) }];
  await processor.consume(batchOfJson('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }));
  return /"name":("(?:[^"\\]|\\.)*")/.exec(JSON.stringify(decoded(next.batches[0])))?.[1];
}

const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;

void test('names of spans', async () => {
  const url = 'url_sanitizer: {enabled: true}';
  const sql = 'db_sanitizer: {sql: {enabled: true}}';
  const mysql = { 'db.system': 'MySQL' };
  const cases: readonly (readonly [settings: string, span: Case, expected: string])[] = [
    [url, { name: '/users/123/profile', kind: CLIENT }, '/users/*/profile'],
    [url, { name: '/users/123/profile', kind: INTERNAL }, '/users/123/profile'],
    [url, { name: 'GET 123', kind: SERVER }, 'GET 123'],
    [url, { name: 'GET x1y', kind: SERVER, attributes: { 'http.route': '/' } }, 'GET x1y'],
    [url, { name: '/123/456', kind: SERVER }, '/123/456'],
    ['url_sanitizer: {enabled: true, sanitize_span_name: false}', { name: '/users/123', kind: SERVER }, '/users/123'],
    [`${url}, allowed_values: ["^/users"]`, { name: '/users/123', kind: SERVER }, '/users/123'],
    [`${url}, ${sql}`, { name: 'SELECT 7', kind: CLIENT, attributes: mysql }, 'SELECT ?'],
    [sql, { name: 'SELECT "a"', kind: INTERNAL, attributes: mysql }, 'SELECT ?'],
    [sql, { name: 'SELECT 7', kind: PRODUCER, attributes: mysql }, 'SELECT 7'],
    [sql, { name: 'SELECT 7', kind: CLIENT }, 'SELECT 7'],
    [sql, { name: 'SELECT 7', kind: CLIENT, attributes: { 'db.system.name': 'redis' } }, 'SELECT 7'],
    [
      'db_sanitizer: {sql: {enabled: true}, sanitize_span_name: false}',
      { name: 'SELECT 7', kind: CLIENT, attributes: mysql },
      'SELECT 7',
    ],
    [
      'db_sanitizer: {valkey: {enabled: true}}',
      { name: 'AUTH x', kind: CLIENT, attributes: { 'db.system': 'valkey' } },
      'AUTH ?',
    ],
  ];
  for (const [settings, span, expected] of cases) {
    assert.equal(await spanName(settings, span), JSON.stringify(expected), `${settings} ${span.name}`);
  }
});

void test('statements in attributes: with a database system, and in log records without one', async () => {
  const settings = `{allow_all_keys: true, db_sanitizer: {sql: {enabled: true, attributes: [db.statement]},
    valkey: {enabled: true, attributes: [db.command]}, es: {enabled: true, attributes: [db.statement]}}}`;
  const of = async (signal: 'traces' | 'logs', entries: Record<string, unknown>): Promise<unknown> => {
    const { processor, next } = running(redaction, settings, signal);
    const item = [{ attributes: attributes(entries) }];
    const request =
      signal === 'traces'
        ? { resourceSpans: [{ scopeSpans: [{ spans: item }] }] }
        : { resourceLogs: [{ scopeLogs: [{ logRecords: item }] }] };
    await processor.consume(batchOfJson(signal, request));
    return allAttributes(next.batches[0])[0];
  };
  const statement = { 'db.statement': 'SELECT 7', other: 'SELECT 7' };
  assert.deepEqual(await of('traces', statement), statement);
  assert.deepEqual(await of('logs', statement), { ...statement, 'db.statement': 'SELECT ?' });
  const postgres = { ...statement, 'db.system.name': 'PostgreSQL' };
  assert.deepEqual(await of('traces', postgres), { ...postgres, 'db.statement': 'SELECT ?' });
  const valkey = { 'db.command': 'AUTH x', 'db.system': 'valkey' };
  assert.deepEqual(await of('traces', valkey), { ...valkey, 'db.command': 'AUTH ?' });
  const elastic = { 'db.statement': '{"a":1}', 'db.system': 'elasticsearch' };
  assert.deepEqual(await of('traces', elastic), elastic);
});

void test('URLs in attributes and bodies', async () => {
  const settings = '{allow_all_keys: true, url_sanitizer: {enabled: true, attributes: [http.url]}, summary: info}';
  const { processor, next } = running(redaction, settings, 'logs');
  const record = {
    body: { stringValue: '/users/123/profile' },
    attributes: attributes({ 'http.url': '/users/123', url: '/users/123' }),
  };
  await processor.consume(batchOfJson('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }));
  assert.deepEqual(allAttributes(next.batches[0])[0], {
    'http.url': '/users/*',
    url: '/users/123',
    'redaction.masked.count': 1n,
    'redaction.body.masked.count': 1n,
  });
  assert.match(JSON.stringify(decoded(next.batches[0])), /"\/users\/\*\/profile"/);
});
