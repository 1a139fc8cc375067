// What the redaction processor is compared on: settings of each kind, and data with something in it for each of them; then both
// at random from fixed seeds.

import * as fc from 'fast-check';
import { attributes } from '../support/processor.ts';
import type { ProcessorCase } from './through-collector.ts';

type Signal = 'traces' | 'logs' | 'metrics';
export type RedactionCase = ProcessorCase & { readonly signal: Signal };
const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];
const NAMES = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
} as const;

const KEY_256 = '0123456789abcdef0123456789abcdef';
const CARD = '"4[0-9]{12}(?:[0-9]{3})?"';
const EMAIL = String.raw`"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\\.[a-zA-Z]{2,}"`;

const SETTINGS = [
  '{}',
  '{summary: debug}',
  '{allowed_keys: [id, notes, n], summary: debug}',
  '{allowed_keys: [id, notes, redaction.allowed.keys], ignored_keys: [n], summary: info}',
  '{allow_all_keys: true, ignored_key_patterns: ["^n", "_trusted$"], blocked_values: ["o"], summary: debug}',
  `{allow_all_keys: true, blocked_values: [${CARD}, ${EMAIL}], summary: debug}`,
  `{allow_all_keys: true, blocked_values: [${EMAIL}], allowed_values: [".+@mycompany.com"], summary: debug}`,
  `{allow_all_keys: true, blocked_values: [${CARD}], redact_all_types: true, summary: debug}`,
  '{allow_all_keys: true, blocked_key_patterns: [".*(token|api_key).*", "^n$", "lines"], summary: debug}',
  '{allow_all_keys: true, blocked_key_patterns: ["."], redact_all_types: true, hash_function: sha1}',
  '{allow_all_keys: true, blocked_values: ["", "x*"], summary: info}',
  '{allow_all_keys: true, blocked_values: ["a*"], allowed_values: ["^$"], summary: debug}',
  `{allow_all_keys: true, blocked_values: [${CARD}], hash_function: md5}`,
  `{allow_all_keys: true, blocked_values: [${CARD}, "[a-f]{4}"], hash_function: SHA3}`,
  `{allow_all_keys: true, blocked_values: [${EMAIL}], hash_function: hmac-sha256, hmac_key: ${KEY_256}}`,
  `{allow_all_keys: true, blocked_values: [${EMAIL}], hash_function: HMAC-SHA512, hmac_key: ${KEY_256}${KEY_256}}`,
  '{allow_all_keys: true, url_sanitizer: {enabled: true, attributes: [http.url, url]}, summary: debug}',
  '{allow_all_keys: true, url_sanitizer: {enabled: true, sanitize_span_name: false}}',
  '{url_sanitizer: {enabled: true}}',
  '{allow_all_keys: true, db_sanitizer: {sql: {enabled: true, attributes: [db.statement]}}, summary: debug}',
  '{allow_all_keys: true, db_sanitizer: {redis: {enabled: true, attributes: [db.statement]}, memcached: {enabled: true, attributes: [db.statement]}, mongo: {enabled: true, attributes: [db.statement]}}}',
  '{allow_all_keys: true, db_sanitizer: {opensearch: {enabled: true, attributes: [db.statement]}, es: {enabled: true}, sanitize_span_name: false}}',
  '{allow_all_keys: true, db_sanitizer: {sql: {enabled: true}}, url_sanitizer: {enabled: true}}',
];

export const REDACTION_CASES: readonly RedactionCase[] = SIGNALS.flatMap((signal) =>
  SETTINGS.map((settings) => ({ signal, type: 'redaction', settings })),
);

const PATHS = [
  '/users/fdklsd/j4elk/23993/job/2?q=1',
  'GET /v1/products/22j',
  '123/ljgdflgjf',
  '/a/b/c/d/e/f/g/h/i/j/k',
  '/a/b/c/d/e/f/g/h/i1x/j/k',
  '?',
  '/**',
  'https://shop.example.com:8443/cart?id=7#top',
  'attach12?',
  'HTTP GET',
  '/usuarios/ñandú/trabajo',
  '123',
];
const SQL = [
  "SELECT * FROM users WHERE id = 42 AND name = 'jane' -- who",
  'SELECT "a1"."b2" FROM t1 WHERE x IN (1, 2, -3.5e+7, .5, 0x1F, 017, 08) /* c1 */',
  "INSERT INTO t VALUES (TRUE, null, 'it''s', 'a\\'b', $1, :p1, @v1, @@sys, 'open",
  'SELECT $$body 1$$, $tag$x$tag$, $func$SELECT 1$func$, fn1(2), größe1 FROM `t1` WHERE a->>1 = ?',
  "MERGE INTO t USING s ON (t.id=s.id) WHERE a=?; SELECT 'a' || \"b",
  '$$ open 1',
  '  spaces 1  ',
  'limit1 LIMIT 10 ?| 1 ~* 2 <@ 3 #>> 4 # 5',
];
const REDIS = [
  'AUTH secret',
  'set key value EX 10',
  'HMSET h a 1 b 2',
  'MSET a 1 b 2 c',
  'LPUSH k a b c\nGET k',
  'SET k "a b" NX',
  'SET k "a \\" b" x\\ y',
  'CONFIG SET a b',
  'CONFIG GET a',
  'BITFIELD k SET u8 0 200 GET u8 0',
  'ZADD k NX CH 1 a 2 b',
  'ZADD k',
  'GEOADD k 1 2 a 3 4 b',
  'LINSERT k BEFORE p v',
  ' \n GET  \t x \n\n SET a b',
];
const JSON_TEXTS = [
  '{"find": "users", "filter": {"a b": [1, 2, {"x": null}], "k": "v\\"w"}} ',
  '[1, "two", true]',
  ' "text" \n',
  '{"a": 1',
  '',
];
const TEXTS = [
  ...PATHS,
  ...SQL,
  ...REDIS,
  ...JSON_TEXTS,
  'set key 0 0 5\r\nvalue',
  'card 4111111111111111, 4111111111111 and 5500000000000004',
  'mail jane@example.com or bob@mycompany.com',
  'two\nlines\n',
  '\n\n',
  'ünïcode ✓ 4111111111111111 ü',
  'hello',
  'foo',
  'deadbeef',
];

const VALUES: readonly unknown[] = [
  ...TEXTS,
  4_111_111_111_111_111,
  -7,
  1.5,
  true,
  null,
  ['4111111111111111', 1],
  { card: '4111111111111111', n: { id: 'foo' } },
];
const KEYS = [
  'id',
  'notes',
  'n',
  'name',
  'token',
  'my_api_key_1',
  'x_trusted',
  'lines',
  'http.url',
  'url',
  'db.statement',
  'db.query',
  'http.method',
  'redaction.masked.keys',
  'redaction.masked.count',
  'redaction.redacted.keys',
  'redaction.allowed.keys',
  'redaction.ignored.count',
  'ä',
];
/** Without the databases whose dialect the collector only knows after it has seen the name of one of their spans. */
const SYSTEMS = ['postgresql', 'Redis', 'memcached', 'mongodb', 'opensearch', 'elasticsearch', 'other_sql', 'oracle'];

const key = fc.constantFrom(...KEYS);
const value = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...TEXTS) }, fc.constantFrom(...VALUES));
const system = fc.option(fc.tuple(fc.constantFrom('db.system', 'db.system.name'), fc.constantFrom(...SYSTEMS)), {
  nil: undefined,
});
const someAttributes = fc
  .tuple(fc.dictionary(key, value, { maxKeys: 6 }), system)
  .map(([entries, pair]) => attributes(pair ? { ...entries, [pair[0]]: pair[1] } : entries));
const body = fc.oneof(
  value.map((one) => one),
  fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value, { maxKeys: 3 }), fc.array(value, { maxLength: 3 })), {
    maxKeys: 4,
  }),
  fc.array(fc.oneof(value, fc.dictionary(key, value, { maxKeys: 2 })), { maxLength: 3 }),
);
// Safe: attributes gives a list of KeyValues.
const anyValue = (one: unknown): unknown => (attributes({ one })[0] as { value: unknown }).value;

const span = fc.record({
  name: fc.oneof(fc.constantFrom(...TEXTS), fc.constant('')),
  kind: fc.nat({ max: 5 }),
  attributes: someAttributes,
  events: fc.array(fc.record({ name: fc.constantFrom('e', '/v1/22'), attributes: someAttributes }), { maxLength: 2 }),
});
const record = fc.record({ body: body.map(anyValue), attributes: someAttributes });
const point = fc.record({ attributes: someAttributes, timeUnixNano: fc.constant('1') });
const points = fc.array(point, { minLength: 1, maxLength: 2 });
const metric = fc.oneof(
  points.map((dataPoints) => ({ name: 'gauge', gauge: { dataPoints } })),
  points.map((dataPoints) => ({ name: 'sum', sum: { dataPoints, aggregationTemporality: 2 } })),
  points.map((dataPoints) => ({ name: 'histogram', histogram: { dataPoints, aggregationTemporality: 2 } })),
  points.map((list) => ({
    name: 'exponential',
    exponentialHistogram: {
      dataPoints: list.map((one) => ({ ...one, positive: { bucketCounts: ['1'] }, negative: { bucketCounts: ['1'] } })),
      aggregationTemporality: 2,
    },
  })),
  points.map((dataPoints) => ({ name: 'summary', summary: { dataPoints } })),
);
const ITEMS: Readonly<Record<Signal, fc.Arbitrary<object>>> = { traces: span, logs: record, metrics: metric };

function requests(signal: Signal, numRuns: number): object[] {
  const [outer, middle, inner] = NAMES[signal];
  const scope = fc.record({
    scope: someAttributes.map((list) => ({ name: 'lib', attributes: list })),
    [inner]: fc.array(ITEMS[signal], { minLength: 3, maxLength: 8 }),
  });
  const resource = fc.record({
    resource: someAttributes.map((list) => ({ attributes: list })),
    [middle]: fc.array(scope, { minLength: 1, maxLength: 2 }),
  });
  const request = fc.record({ [outer]: fc.array(resource, { minLength: 1, maxLength: 2 }) });
  return fc.sample(request, { seed: 11, numRuns });
}

export const REDACTION_REQUESTS = {
  traces: requests('traces', 12),
  logs: requests('logs', 12),
  metrics: requests('metrics', 6),
};

const PATTERNS = [
  '',
  'a*',
  '.+',
  '(?i)SELECT',
  '(?s)a.*b',
  String.raw`\b[0-9]{2,}\b`,
  '[^a-z]+',
  'é|ü|ñ',
  String.raw`\pL{5}`,
  '^/',
  '(?m)^l.*$',
  'foo|bar|hello',
  '[[:digit:]]{13,16}',
  String.raw`(?U)\w+@\w+`,
  '(?i)k',
  'x{2,3}?',
];
const yaml = (of: unknown): string => JSON.stringify(of);
const list = (of: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(of, { maxLength }).map(yaml);
const patterns = list(fc.constantFrom(...PATTERNS), 3);
const flag = fc.boolean().map(String);
const statements = fc.tuple(flag, list(key, 3)).map(([on, keys]) => `{enabled: ${on}, attributes: ${keys}}`);
const randomCase: fc.Arbitrary<RedactionCase> = fc
  .record(
    {
      allow_all_keys: fc.constantFrom('true', 'true', 'false'),
      allowed_keys: list(key, 8),
      ignored_keys: list(key, 2),
      ignored_key_patterns: list(fc.constantFrom('^n', '[.]', 'ä', 'trusted$'), 1),
      blocked_key_patterns: list(fc.constantFrom('token', '^my_', '^n$', '(?i)URL'), 1),
      blocked_values: patterns,
      allowed_values: list(fc.constantFrom('mycompany', '^$', '^hello$', 'true'), 1),
      hash_function: fc.constantFrom('""', 'md5', 'sha1', 'sha3', 'hmac-sha256'),
      redact_all_types: flag,
      summary: fc.constantFrom('debug', 'info', 'silent', 'other'),
      url_sanitizer: fc
        .tuple(flag, list(key, 3), flag)
        .map(([on, keys, names]) => `{enabled: ${on}, attributes: ${keys}, sanitize_span_name: ${names}}`),
      db_sanitizer: fc
        .record(
          {
            sql: statements,
            redis: statements,
            memcached: statements,
            mongo: statements,
            opensearch: statements,
            es: statements,
          },
          { requiredKeys: [] },
        )
        .map(
          (parts) =>
            `{${Object.entries(parts)
              .map(([name, of]) => `${name}: ${of}`)
              .join(', ')}}`,
        ),
    },
    { requiredKeys: ['allow_all_keys'] },
  )
  .chain((parts) =>
    fc.constantFrom(...SIGNALS).map((signal) => ({
      signal,
      type: 'redaction',
      settings: `{hmac_key: ${KEY_256}, ${Object.entries(parts)
        .map(([name, of]) => `${name}: ${of}`)
        .join(', ')}}`,
    })),
  );

export const RANDOM_REDACTION_CASES = fc.sample(randomCase, { seed: 12, numRuns: 150 });

/** Pieces of statements, commands and URLs, put together at random: a body may be anything. */
const PIECES =
  `SELECT select FROM where NULL true False limit1 LIMIT STRAIGHT_JOIN a a1 größe1 é ✓ _x "q1" "a"."b1" " ' 'it' '' \\ \\' \` [x1] $ $1 $$ $t$ $func$ : :p1 ::int @ @v1 @@g1 @> @? # #> #>> #- -- /* */ - -1 + +.5 . .5 1 0 0x1F 017 08 1e+5 1.5.2 * = =? ? ?| ?& < <@ <= -> ->> ! % ~ ; , ( ) { } fn1( a/b a.b1 SET set AUTH HSET k v EX NX CONFIG GET MSET ZADD BITFIELD u8 GEOADD /users /v1/ 123 /a1b/ 22j ljgdflgjf hello.world user_space ?q=1 &x //`.split(
    ' ',
  );
const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 4, arbitrary: fc.constantFrom(' ', ' ', '  ', '\t', '\n', '\r\n', '') },
);
const statement = fc.array(piece, { minLength: 1, maxLength: 16 }).map((parts) => parts.join(''));
const bodies = fc.array(
  statement.map((text) => ({ body: { stringValue: text } })),
  { minLength: 400, maxLength: 400 },
);

const spanOfDatabase = fc
  .tuple(statement, fc.constantFrom('mysql', 'postgresql', 'mariadb', 'sqlite', 'redis', 'MySQL', 'oracle'))
  .map(([name, database]) => ({ name, kind: 3, attributes: attributes({ 'db.system': database }) }));
const spans = fc.array(spanOfDatabase, { minLength: 400, maxLength: 400 });

const statementCase = (signal: Signal, settings: string): RedactionCase => ({
  signal,
  type: 'redaction',
  settings: `{allow_all_keys: true, ${settings}}`,
});
export const STATEMENT_CASES: readonly RedactionCase[] = [
  statementCase('logs', 'url_sanitizer: {enabled: true}'),
  statementCase('logs', 'db_sanitizer: {sql: {enabled: true}}'),
  statementCase('logs', 'db_sanitizer: {redis: {enabled: true}}'),
  statementCase('logs', 'db_sanitizer: {memcached: {enabled: true}}'),
  statementCase('logs', 'db_sanitizer: {mongo: {enabled: true}}'),
  statementCase('traces', 'db_sanitizer: {sql: {enabled: true}, redis: {enabled: true}}'),
  statementCase('traces', 'url_sanitizer: {enabled: true}'),
];
export const STATEMENT_REQUESTS = {
  logs: fc
    .sample(bodies, { seed: 13, numRuns: 5 })
    .map((logRecords) => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })),
  traces: fc
    .sample(spans, { seed: 14, numRuns: 5 })
    .map((named) => ({ resourceSpans: [{ scopeSpans: [{ spans: named }] }] })),
};
