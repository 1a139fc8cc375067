import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileRe2 } from '../../../pipeline/regexp.ts';
import { ByteFilter } from '../../../processors/redaction/filter/byte-filter.ts';
import type { ByteSet } from '../../../processors/redaction/filter/byte-runs.ts';
import { requiredBytes } from '../../../processors/redaction/filter/required-bytes.ts';

function mayMatch(pattern: string, text: string | Uint8Array): boolean {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const filter = new ByteFilter([requiredBytes(pattern)]);
  filter.scan(bytes, 0, bytes.length);
  return filter.may(0);
}

/** A run as people write it: sets of up to four bytes in brackets. */
function written(run: readonly ByteSet[]): string {
  return run
    .map((set) => {
      const values = [...set.keys()].filter((value) => set[value] === 1);
      return values.length > 4
        ? `[${values.length}]`
        : `[${values.map((value) => String.fromCharCode(value)).join('')}]`;
    })
    .join('');
}

void test('the run that a pattern needs', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['4[0-9]{12}(?:[0-9]{3})?', `[4]${'[10]'.repeat(12)}`],
    ['[a-z]+@[a-z]+', '[26][@][26]'],
    ['[a-z]+?@x', '[26][@][x]'],
    [String.raw`\bfoo\d{2,}bar|foo1`, '[f][o][o][10]'],
    ['(?i)ab', '[Aa][Bb]'],
    ['a(?i:b)c', '[a][Bb][c]'],
    ['(?:ab|cd)e', '[ac][bd][e]'],
    ['é', '[\u00c3][\u00a9]'],
    [String.raw`\Qa.b\E\x41`, '[a][.][b][A]'],
    ['[[:digit:]]x', '[10][x]'],
    ['.*', ''],
    ['a?', ''],
    ['a|', ''],
    ['(?P<n>x)y', '[x][y]'],
    ['x{0}y', '[y]'],
    ['a{,2}', '[a][{][,][2][}]'],
    [String.raw`\C`, ''],
  ];
  for (const [pattern, expected] of cases) assert.equal(written(requiredBytes(pattern)), expected, pattern);
});

void test('what has another case beyond ASCII, and what is not UTF-8', () => {
  assert.ok(mayMatch('(?i)kelvin', '\u212aelvin'));
  assert.ok(mayMatch('(?i)[s]top', '\u017ftop'));
  assert.ok(mayMatch('(?i)stra\u00dfe', 'STRA\u1e9eE'));
  assert.ok(mayMatch('\ufffd', Uint8Array.of(0xff)));
  assert.ok(mayMatch('a[^b]', Uint8Array.of(0x61, 0xff)));
  assert.ok(!mayMatch('(?i)kelvin', 'celsius'));
});

/** Patterns and texts of few characters, so that many match. */
const letter = fc.constantFrom('a', 'b', 'k', 'K', 's', '1', ' ', '-', 'é', '\u212a', '\n', '{');
const escaped = letter.map((character) => (/[-{]/.test(character) ? `\\${character}` : character));
const atom = fc.oneof(
  escaped,
  fc.constantFrom(
    '.',
    '[ab]',
    '[^a]',
    '[a-k1]',
    String.raw`\d`,
    String.raw`\w`,
    String.raw`\S`,
    String.raw`\pL`,
    '^',
    '$',
    String.raw`\b`,
    '[[:alpha:]]',
    '[^[:^alpha:]é]',
    String.raw`[\d-]`,
    '(?i)',
    '(?-i)',
  ),
);
const mark = fc.constantFrom('', '', '', '*', '+', '?', '+?', '{2}', '{1,}', '{0,2}', '{1,2}?');
const { pattern } = fc.letrec<{ pattern: string; part: string; group: string }>((tie) => ({
  group: fc
    .tuple(fc.constantFrom('(', '(?:', '(?i:', '(?P<n>'), tie('pattern'))
    .map(([open, inner]) => `${open}${inner})`),
  part: fc
    .tuple(fc.oneof({ depthSize: 'small', maxDepth: 3 }, atom, tie('group')), mark)
    .map(([one, times]) => one + times),
  pattern: fc
    .array(fc.array(tie('part'), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 })
    .map((all) => all.map((parts) => parts.join('')).join('|')),
}));

void test('no text that a pattern matches is ruled out', () => {
  let matched = 0;
  fc.assert(
    fc.property(pattern, fc.array(letter, { maxLength: 12 }), (source, letters) => {
      const text = letters.join('');
      let matches: boolean;
      try {
        matches = compileRe2(source).test(text);
      } catch {
        return; // two groups of one name, or nothing to repeat
      }
      if (!matches) return;
      matched++;
      assert.ok(mayMatch(source, text), `${source} matches ${JSON.stringify(text)}`);
    }),
    { seed: 5, numRuns: 4_000 },
  );
  assert.ok(matched > 500, `${matched} of the pairs matched`);
});

void test('many runs in one pass, each with its own answer', () => {
  const patterns = ['abc', 'b+c@', '[0-9]{4}', 'x', '', 'zebra', 'yy'];
  const filter = new ByteFilter(patterns.map(requiredBytes));
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '@', '1', '2', 'x', 'y', 'z', 'e', 'r') }), (text) => {
      const bytes = Buffer.from(`..${text}..`);
      filter.scan(bytes, 2, bytes.length - 2);
      assert.ok(filter.may(4), 'what is empty is always there');
      for (const [index, source] of patterns.entries()) {
        if (compileRe2(source).test(text)) assert.ok(filter.may(index), `${source} in ${text}`);
      }
      assert.equal(filter.may(3), text.includes('x'));
      assert.equal(filter.may(5), text.includes('zebra'));
    }),
    { seed: 6 },
  );
});
