import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesIn, sameSpelling } from '../../../pipeline/transport/client-certificate.ts';
import { digestOfSecret, isOneOf } from '../../../pipeline/transport/same-secret.ts';

void test('names of every kind, and none that only looks like one', () => {
  assert.deepEqual(namesIn('DNS:a.example, IP Address:10.0.0.1, URI:spiffe://b/c, email:d@e'), [
    'a.example',
    '10.0.0.1',
    'spiffe://b/c',
    'd@e',
  ]);
  // A name with a comma in it must not pass for two (CVE-2021-44532).
  assert.deepEqual(namesIn('DNS:"evil.example, DNS:good.example", DNS:x'), ['evil.example, DNS:good.example', 'x']);
  assert.deepEqual(namesIn('URI:"a\\"b"'), ['a"b']);
  assert.deepEqual(namesIn('DNS:"\\x"'), ['']);
  assert.deepEqual(namesIn(undefined), []);
});

void test('an address has one spelling, a name keeps its own', () => {
  assert.equal(sameSpelling('2001:DB8:0:0:0:0:0:1'), sameSpelling('2001:db8::1'));
  assert.equal(sameSpelling('10.0.0.1'), '10.0.0.1');
  assert.equal(sameSpelling('A.example'), 'A.example');
});

void test('secrets are compared whole', () => {
  const digests = ['first', 'second'].map(digestOfSecret);
  for (const right of ['first', 'second']) assert.equal(isOneOf(digests, right), true);
  for (const wrong of ['', 'firs', 'first ', 'third']) assert.equal(isOneOf(digests, wrong), false);
  assert.equal(isOneOf([], ''), false);
});
