// Each key of the schema, and the cases of the collector's own tests (processor_test.go), rebuilt from their inputs.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { Signal } from '../../../pipeline/signal.ts';
import redaction from '../../../processors/redaction/index.ts';
import { allAttributes, attributes, batchOfJson, decoded, running, settingsOf } from '../../support/processor.ts';

const CARD = '4111111111111111';
const VISA = '"4[0-9]{12}(?:[0-9]{3})?"';

/** A request with the same attributes in every place that has any. */
function everywhere(signal: Signal, list: object[]): object {
  const resource = { attributes: list };
  const scope = { name: 'lib', attributes: list };
  const point = { attributes: list };
  switch (signal) {
    case 'traces': {
      const spans = [{ name: 'a', attributes: list, events: [{ name: 'e', attributes: list }] }];
      return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] };
    }
    case 'logs':
      return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [{ attributes: list }] }] }] };
    default: {
      const dataPoints = [point];
      const metrics = [
        { name: 'g', gauge: { dataPoints } },
        { name: 's', sum: { dataPoints } },
        { name: 'h', histogram: { dataPoints } },
        { name: 'e', exponentialHistogram: { dataPoints } },
        { name: 'q', summary: { dataPoints } },
      ];
      return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
    }
  }
}

const PLACES = { traces: 4, logs: 3, metrics: 7 } as const;

/** Checks that these attributes become those, wherever they are. */
async function check(settings: string, before: Record<string, unknown>, after: Record<string, unknown>): Promise<void> {
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const { processor, next } = running(redaction, settings, signal);
    await processor.consume(batchOfJson(signal, everywhere(signal, attributes(before))));
    const found = allAttributes(next.batches[0]);
    assert.equal(found.length, Object.keys(after).length === 0 ? 0 : PLACES[signal]);
    for (const one of found) assert.deepEqual(one, after, `${signal} ${settings}`);
  }
}

interface Body {
  readonly body: unknown;
  readonly attributes: Record<string, unknown>;
}

/** What becomes of a log body (OTLP/JSON). */
async function body(settings: string, value: unknown): Promise<Body> {
  const { processor, next } = running(redaction, settings, 'logs');
  // Safe: attributes gives a list of KeyValues.
  const [{ value: encoded }] = attributes({ value }) as [{ value: object }];
  const request = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityText: 'x', body: encoded }] }] }] };
  await processor.consume(batchOfJson('logs', request));
  // Safe: the reference decoder gives a request with the one record.
  const { resourceLogs } = decoded(next.batches[0]) as {
    resourceLogs: { scopeLogs: { logRecords: { body: AnyValue }[] }[] }[];
  };
  return {
    body: fromAny(resourceLogs[0]?.scopeLogs[0]?.logRecords[0]?.body),
    attributes: allAttributes(next.batches[0])[0] ?? {},
  };
}

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly { readonly key: string; readonly value?: AnyValue }[] };
}

function fromAny(given: AnyValue | undefined): unknown {
  if (given === undefined) return null;
  if (given.arrayValue) return (given.arrayValue.values ?? []).map(fromAny);
  if (given.kvlistValue)
    return Object.fromEntries((given.kvlistValue.values ?? []).map(({ key, value }) => [key, fromAny(value)]));
  return given.stringValue ?? given.boolValue ?? (given.intValue === undefined ? null : Number(given.intValue));
}

void test('upstream: unknown attributes are removed, none is kept without a list', async () => {
  await check(
    '{allowed_keys: [group, id, name]}',
    { group: 'temporary', id: 5, name: 'x', credit_card: CARD },
    {
      group: 'temporary',
      id: 5n,
      name: 'x',
    },
  );
  await check('{}', { a: 'b', c: 1 }, {});
});

void test('upstream: summary debug', async () => {
  await check(
    `{allowed_keys: [id, group, name, group.id, member (id), token_some, api_key_some, email], blocked_values: [${VISA}],
      ignored_keys: [safe_attribute], ignored_key_patterns: ["safeRE_attribute.*"],
      blocked_key_patterns: [".*(token|api_key).*"], allowed_values: [".+@mycompany.com"], summary: debug}`,
    {
      id: 5,
      'group.id': 'some.valid.id',
      'member (id)': 'some other valid id',
      name: `placeholder ${CARD}`,
      safe_attribute: 'harmless 4111111111111112',
      safeRE_attribute_id: 'safe id',
      safeRE_attribute_source: 'safe source',
      credit_card: CARD,
      token_some: 'tokenize',
      api_key_some: 'apinize',
      email: 'user@mycompany.com',
    },
    {
      id: 5n,
      'group.id': 'some.valid.id',
      'member (id)': 'some other valid id',
      name: 'placeholder ****',
      safe_attribute: 'harmless 4111111111111112',
      safeRE_attribute_id: 'safe id',
      safeRE_attribute_source: 'safe source',
      token_some: '****',
      api_key_some: '****',
      email: 'user@mycompany.com',
      'redaction.redacted.keys': 'credit_card',
      'redaction.redacted.count': 1n,
      'redaction.masked.keys': 'api_key_some,name,token_some',
      'redaction.masked.count': 3n,
      'redaction.allowed.keys': 'email',
      'redaction.allowed.count': 1n,
      'redaction.ignored.count': 3n,
    },
  );
});

void test('upstream: summary info counts, silent and anything else say nothing', async () => {
  const settings = (summary: string): string =>
    `{allowed_keys: [id, name], ignored_keys: [safe], blocked_values: [${VISA}], summary: ${summary}}`;
  const before = { id: 5, name: CARD, safe: 'x', gone: 1 };
  const after = { id: 5n, name: '****', safe: 'x' };
  const counts = { 'redaction.redacted.count': 1n, 'redaction.masked.count': 1n, 'redaction.ignored.count': 1n };
  await check(settings('info'), before, { ...after, ...counts });
  for (const summary of ['silent', 'verbose', '""']) await check(settings(summary), before, after);
});

void test('upstream: what an earlier processor said is added to', async () => {
  await check(
    `{allowed_keys: [id, credit_card, mystery], blocked_values: [${VISA}], summary: debug}`,
    {
      id: 5,
      redundant: 1.2,
      mystery: 'mystery ****',
      credit_card: CARD,
      'redaction.redacted.keys': 'dropped_attr1,dropped_attr2',
      'redaction.redacted.count': 2,
      'redaction.masked.keys': 'mystery',
      'redaction.masked.count': 1,
    },
    {
      id: 5n,
      mystery: 'mystery ****',
      credit_card: '****',
      'redaction.redacted.keys': 'dropped_attr1,dropped_attr2,redundant',
      'redaction.redacted.count': 3n,
      'redaction.masked.keys': 'credit_card,mystery',
      'redaction.masked.count': 2n,
    },
  );
});

void test('upstream: several blocked values, in their order', async () => {
  const mastercard = '"(5[1-5][0-9]{14})"';
  await check(
    `{allowed_keys: [name], blocked_values: [${VISA}, ${mastercard}]}`,
    { name: `placeholder ${CARD} 5105105105105100` },
    { name: 'placeholder **** ****' },
  );
  const email = String.raw`'[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}'`;
  const postal = String.raw`'\b\d{3}-\d{4}\b'`;
  const before = { email: '777-7777@example.com' };
  await check(`{allow_all_keys: true, blocked_values: [${email}, ${postal}]}`, before, { email: '****' });
  await check(`{allow_all_keys: true, blocked_values: [${postal}, ${email}]}`, before, { email: '****@example.com' });
});

void test('redact_all_types: other types are text only where it is asked for', async () => {
  const before = { int: 4_111_111_111_111_111, list: [CARD, 1], flag: true, text: 'x' };
  const settings = `allow_all_keys: true, blocked_values: [${VISA}]`;
  const list =
    '{"values":[{"stringValue":"4111111111111111","value":"stringValue"},{"intValue":"1","value":"intValue"}]}';
  await check(`{${settings}}`, before, { int: 4_111_111_111_111_111n, list, flag: true, text: 'x' });
  await check(`{${settings}, redact_all_types: true}`, before, {
    int: '****',
    list: '["****",1]',
    flag: true,
    text: 'x',
  });
});

void test('blocked_key_patterns mask a value line by line, other types as if they were empty', async () => {
  await check(
    '{allow_all_keys: true, blocked_key_patterns: ["^s"]}',
    { s1: 'a\nb\n', s2: '', s3: 7, x: 'a' },
    {
      s1: '****\n****\n****',
      s2: '****',
      s3: '****',
      x: 'a',
    },
  );
});

void test('allowed_values go before what blocks', async () => {
  await check(
    '{allow_all_keys: true, blocked_key_patterns: [token], blocked_values: [mycompany.com], allowed_values: [support.mycompany.com, "^ok$"]}',
    { a: 'support.mycompany.com', b: 'www.mycompany.com', token: 'ok', token2: 'not ok' },
    { a: 'support.mycompany.com', b: 'www.****', token: 'ok', token2: '****' },
  );
});

void test('hash_function', async () => {
  const key = 'k'.repeat(64);
  const cases: readonly (readonly [string, string])[] = [
    ['md5', createHash('md5').update(CARD).digest('hex')],
    ['SHA1', createHash('sha1').update(CARD).digest('hex')],
    ['sha3', createHash('sha3-256').update(CARD).digest('hex')],
    ['hmac-sha256', createHmac('sha256', key).update(CARD).digest('hex')],
    ['HMAC-SHA512', createHmac('sha512', key).update(CARD).digest('hex')],
  ];
  for (const [name, expected] of cases) {
    const settings = `{allow_all_keys: true, blocked_values: [${VISA}], hash_function: ${name}, hmac_key: ${key}}`;
    await check(settings, { a: `card ${CARD}.`, b: 'b' }, { a: `card ${expected}.`, b: 'b' });
  }
});

void test('upstream: a map as body, at any depth', async () => {
  const settings = `{allowed_keys: [id, email, credit_card, nested, slice], blocked_values: [${VISA}],
    ignored_keys: [safe_attribute], allowed_values: [".+@mycompany.com"], summary: debug}`;
  const value = {
    credit_card: CARD,
    not_allowed_key: 'temp',
    id: 'user123',
    nested: {
      credit_card: CARD,
      not_allowed_key: 'temp',
      id: 'user123',
      safe_attribute: CARD,
      email: 'user@mycompany.com',
    },
    slice: [CARD, 'user123'],
  };
  assert.deepEqual(await body(settings, value), {
    body: {
      credit_card: '****',
      id: 'user123',
      nested: { credit_card: '****', id: 'user123', safe_attribute: CARD, email: 'user@mycompany.com' },
      slice: ['****', 'user123'],
    },
    attributes: {
      'redaction.body.redacted.keys': 'nested.not_allowed_key,not_allowed_key',
      'redaction.body.redacted.count': 2n,
      'redaction.body.masked.keys': 'credit_card,nested.credit_card,slice.[0]',
      'redaction.body.masked.count': 3n,
      'redaction.body.allowed.keys': 'nested.email',
      'redaction.body.allowed.count': 1n,
      'redaction.body.ignored.count': 1n,
    },
  });
});

void test('upstream: keys of bodies that are masked', async () => {
  const settings = '{allow_all_keys: true, blocked_key_patterns: ["^secret_"], summary: debug}';
  const value = { secret_token: CARD, id: 'user123', nested: { secret_id: 'some-secret', id: 'user123' } };
  assert.deepEqual(await body(settings, value), {
    body: { secret_token: '****', id: 'user123', nested: { secret_id: '****', id: 'user123' } },
    attributes: {
      'redaction.body.masked.keys': 'nested.secret_id,secret_token',
      'redaction.body.masked.count': 2n,
    },
  });
});

void test('a body that is one value, or a list', async () => {
  const settings = `{blocked_values: [${VISA}], allowed_values: ["^ok"], summary: debug}`;
  const said = { 'redaction.body.masked.keys': 'body', 'redaction.body.masked.count': 1n };
  assert.deepEqual(await body(settings, `placeholder ${CARD}`), { body: 'placeholder ****', attributes: said });
  assert.deepEqual(await body(settings, 4_111_111_111_111_111), { body: '****', attributes: said });
  assert.deepEqual(await body(settings, `ok ${CARD}`), { body: `ok ${CARD}`, attributes: {} });
  assert.deepEqual(await body(settings, [1, { a: 1 }, ['x', CARD, 'ok']]), {
    body: [1, {}, ['x', '****', 'ok']],
    attributes: {
      'redaction.body.redacted.keys': '[1].a',
      'redaction.body.redacted.count': 1n,
      'redaction.body.masked.keys': '[2].[1]',
      'redaction.body.masked.count': 1n,
      'redaction.body.allowed.keys': '[2].[2]',
      'redaction.body.allowed.count': 1n,
    },
  });
});

void test('detect masks what needs no pattern, with the hash where there is one', async () => {
  const key = 'k'.repeat(32);
  const token = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
  const before = { a: `card ${CARD}, jane@example.com at 10.0.0.1`, b: `key ${token}`, c: 'nothing' };
  const detect = 'allow_all_keys: true, detect: [credit_card, email, ip_address, token]';
  await check(`{${detect}}`, before, { a: 'card ****, **** at ****', b: 'key ****', c: 'nothing' });
  await check(`{${detect}, allowed_values: ["^key"]}`, before, { ...before, a: 'card ****, **** at ****' });
  const hashed = (text: string): string => createHmac('sha256', key).update(text).digest('hex');
  await check(`{${detect}, hash_function: hmac-sha256, hmac_key: ${key}, blocked_values: [nothing]}`, before, {
    a: `card ${hashed(CARD)}, ${hashed('jane@example.com')} at ${hashed('10.0.0.1')}`,
    b: `key ${hashed(token)}`,
    c: hashed('nothing'),
  });
  assert.equal((await body(`{${detect}}`, `by jane@example.com`)).body, 'by ****');
});

void test('settings that can not be', () => {
  const refused = (settings: string, message: RegExp): void => {
    assert.throws(() => settingsOf(redaction.config, settings), message, settings);
  };
  for (const list of ['blocked_values', 'allowed_values', 'blocked_key_patterns', 'ignored_key_patterns']) {
    refused(`{${list}: ["("]}`, /is not a regular expression/);
  }
  refused('{hash_function: sha256}', /hash_function/);
  refused('{hash_function: hmac-sha256}', /hmac_key must not be empty when hash_function is "hmac-sha256"/);
  refused('{hash_function: HMAC-sha256, hmac_key: short}', /at least 32 bytes long for "hmac-sha256", got 5 bytes/);
  refused(`{hash_function: hmac-sha512, hmac_key: ${'k'.repeat(63)}}`, /at least 64 bytes/);
  refused('{detect: [passport]}', /detect/);
  refused('{blocked_keys: [a]}', /blocked_keys/);
  assert.equal(settingsOf(redaction.config, '{hash_function: Md5}').hash_function, 'md5');
});

void test("the collector's example file is taken as it is", () => {
  const settings = settingsOf(
    redaction.config,
    `allow_all_keys: false
allowed_keys: [description, group, id, name]
ignored_keys: [safe_attribute]
blocked_key_patterns: [".*(token|api_key).*"]
blocked_values:
  - "4[0-9]{12}(?:[0-9]{3})?" ## Visa credit card number
  - "(5[1-5][0-9]{14})"       ## MasterCard number
allowed_values: [".+@mycompany.com"]
hash_function: md5
summary: debug
`,
  );
  assert.deepEqual(settings.blocked_values, ['4[0-9]{12}(?:[0-9]{3})?', '(5[1-5][0-9]{14})']);
  assert.equal(settings.db_sanitizer.sanitize_span_name, true);
});
