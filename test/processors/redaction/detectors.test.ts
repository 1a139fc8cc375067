import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { config, type RedactionConfig } from '../../../processors/redaction/config.ts';
import { Detectors } from '../../../processors/redaction/detectors/detectors.ts';
import { ByteFilter } from '../../../processors/redaction/filter/byte-filter.ts';

function detectorsOf(names: readonly string[], more: Partial<RedactionConfig> = {}): Detectors {
  return new Detectors(config.parse({ detect: names, ...more }), (text) => `<${text}>`);
}

function masked(detectors: Detectors, text: string): string {
  // Behind and before it there is more, which must not be looked at.
  const bytes = Buffer.from(`4@a.bc4${text}4@a.bc4`);
  return maskedIn(detectors, bytes, 7, bytes.length - 7) ?? text;
}

/** As the processor asks: a filter first. */
function maskedIn(detectors: Detectors, bytes: Uint8Array, start: number, end: number): string | undefined {
  const filter = new ByteFilter(detectors.required);
  filter.scan(bytes, start, end);
  return detectors.find(bytes, start, end, filter, 0) ? detectors.masked(bytes, start, end) : undefined;
}

/** Marks finds by brackets: the text without them is the input. */
function check(detectors: Detectors, expected: readonly string[]): void {
  for (const text of expected) assert.equal(masked(detectors, text.replaceAll(/[<>]/g, '')), text);
}

void test('cards by their Luhn digit', () => {
  check(detectorsOf(['credit_card']), [
    '<4111111111111111>',
    'card <4111 1111 1111 1111>.',
    '<4111-1111-1111-1111>,<5500000000000004>',
    '<378282246310005> and <6011000990139424>',
    '<2223003122003222>',
    '12 <4111 1111 1111 1111> 123',
    '4111111111111112',
    '1111111111111117',
    'x4111111111111111',
    '4111111111111111x',
    '0.4111111111111111',
    '41111111111111110000',
    '4111  1111 1111 1111',
    '1700000000000000000',
    '2026-01-02 03:04:05',
    'key_<4111111111111111>',
    '',
  ]);
});

void test('e-mail addresses', () => {
  check(
    detectorsOf(['email']),
    [
      'mail <jane.doe+x@shop.example.com>.',
      '?mail=<jane%40example.com>&x',
      '?a=%3D<jane@example.com>',
      '<jane@münchen.de>, <ä@example.org>',
      '"<a@b.co>"',
      '<a@b.co><@x',
      'jane@localhost',
      'user@host.1',
      '@example.com',
      'a@b.c',
      '<x@y.zz>;<x@y.zz>',
      'git@github.com:org'.replace('git@github.com', '<git@github.com>'),
      '@',
    ].map((text) => (text === '<a@b.co><@x' ? '<a@b.co>@x' : text)),
  );
});

void test('IP addresses', () => {
  check(detectorsOf(['ip_address']), [
    'from <10.0.0.1> to <192.168.1.255>:8080',
    '<10.0.0.1>/24, <10.0.0.2>.',
    '[<::1>]:4317',
    '<2001:db8::8a2e:370:7334> <fe80::1>%eth0',
    '<::ffff:10.0.0.1>',
    '<2001:0db8:85a3:0000:0000:8a2e:0370:7334>',
    'version 1.2.3.4.5',
    'v1.2.3.4',
    '256.1.1.1',
    '12:34:56',
    '00:1b:44:11:3a:b7',
    'std::string add::face dead::beef ::',
    '1.2.3',
    'peer <fe80::1>: gone',
  ]);
});

void test('tokens by their entropy', () => {
  check(detectorsOf(['token']), [
    'key <ghp_16C7e42F292c6912E7710c838347Ae178B4a>',
    'token=<wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY>',
    '<5f4dcc3b5aa765d61d8327deb882cf99>',
    'Bearer <eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9>.x',
    'id 123e4567-e89b-12d3-a456-426614174000',
    '/api/v1/orders/12345/items/67890/details',
    'http-server-request-duration-seconds-2',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1',
    '2026-01-02T03-04-05-000000000',
    'averyveryverylongwordwithoutanydigits',
    'short1A',
    '',
  ]);
  check(detectorsOf(['token'], { token_min_length: 8, token_min_entropy: 2.5 }), ['<short1Ax>', 'shorts1']);
  check(detectorsOf(['token'], { token_min_entropy: 6 }), ['ghp_16C7e42F292c6912E7710c838347Ae178B4a']);
});

void test('several together: what begins first is masked first, and only once', () => {
  const all = detectorsOf(['token', 'ip_address', 'email', 'credit_card', 'email']);
  check(all, [
    '<10.0.0.1> <jane@example.com> <4111111111111111> <5f4dcc3b5aa765d61d8327deb882cf99>',
    '<5f4dcc3b5aa765d61d8327deb882cf99@example.com>',
  ]);
});

void test('a filter hides no find, and finds never overlap', () => {
  const pieces = [
    '4111111111111111',
    'jane@example.com',
    '10.0.0.1',
    'fe80::1',
    'x%40y.zz',
    ' ',
    '.',
    '4',
    '-',
    ':',
    'é',
    'Ab3',
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((list) => list.join(''));
  for (const name of ['credit_card', 'email', 'ip_address', 'token']) {
    const detectors = detectorsOf([name], { token_min_length: 8, token_min_entropy: 1 });
    // Runs that are empty are always found.
    const unfiltered = new ByteFilter(detectors.required.map(() => []));
    fc.assert(
      fc.property(text, (value) => {
        const bytes = Buffer.from(value);
        const finds = detectors.find(bytes, 0, bytes.length, unfiltered, 0);
        const result = finds ? detectors.masked(bytes, 0, bytes.length) : undefined;
        assert.equal(maskedIn(detectors, bytes, 0, bytes.length), result);
        assert.equal((result ?? value).replaceAll(/[<>]/g, ''), value);
      }),
      { seed: 7, numRuns: 500 },
    );
  }
});

void test('the time is linear in the length, whatever the text', () => {
  const texts = ['10.0.0.1:', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a/', 'a@', '4111-', '1.', 'x@y.', '::', 'aB3/'];
  const all = detectorsOf(['credit_card', 'email', 'ip_address', 'token']);
  // 4 MB in all: quadratic time would take minutes.
  for (const text of texts) {
    const bytes = Buffer.from(text.repeat(500_000 / text.length));
    maskedIn(all, bytes, 0, bytes.length);
  }
});
