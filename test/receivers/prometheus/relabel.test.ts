import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { assert as check, array, constantFrom, dictionary, property, record, string } from 'fast-check';
import { compileRe2 } from '../../../pipeline/regexp.ts';
import { RELABEL_CASES } from '../../interop/relabel-cases.ts';
import { relabelConfig, relabelKeys } from '../../../receivers/prometheus/relabel-config.ts';
import { compileRelabelling } from '../../../receivers/prometheus/relabel.ts';
import { errorsOf, relabelling } from './decoding.ts';

interface Answer {
  readonly error?: string;
  readonly dropped?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

// Safe: the file is written by record-relabel.ts, in the order of the cases.
const answers = JSON.parse(
  readFileSync(new URL('../../data/prometheus-relabel/answers.json', import.meta.url), 'utf8'),
) as { readonly relabel: readonly Answer[] };

void describe('relabelling answers as Prometheus', () => {
  assert.equal(answers.relabel.length, RELABEL_CASES.length);
  for (const [index, { rules, scheme, labels }] of RELABEL_CASES.entries()) {
    void test(`${rules} with ${scheme}, case ${index}`, () => {
      const expected = answers.relabel[index];
      const compiled = relabelling(rules, scheme);
      if (typeof compiled !== 'function') {
        assert.ok(expected?.error, `Prometheus takes what is refused with: ${compiled.errors}`);
        return;
      }
      assert.equal(expected?.error, undefined);
      const result = compiled(new Map(Object.entries(labels)));
      if (expected?.dropped === true) assert.equal(result, undefined);
      else assert.deepEqual(result && Object.fromEntries(result), { ...expected?.labels });
    });
  }
});

void test('messages name the key and what to do', () => {
  const message = (rules: string): string => errorsOf(relabelling(rules, 'utf8'));
  assert.match(
    message('- {action: other}'),
    /rules::0::action: "other" is not an action; expected one of replace, keep/,
  );
  assert.match(
    message('- {regex: "a(b"}'),
    /rules::0::regex: "a\(b" is not a regular expression: .*missing closing \)/,
  );
  assert.match(message('- {action: hashmod, target_label: x}'), /hashmod needs a modulus/);
  assert.match(message('- {action: labeldrop, regex: x, separator: ","}'), /has no use for separator; remove it/);
  assert.match(message('- {regx: a}'), /the key "regx" is unknown here; did you mean "regex"\?/);
});

void test('the labels that are given are not changed, whatever the rules', () => {
  const names = constantFrom('a', 'b', 'c', '__name__', '__meta_x');
  const rule = record({
    source_labels: array(names, { maxLength: 2 }),
    regex: constantFrom('(.*)', 'a', 'a|b', '(.)(.*)', '.+', '__meta_(.+)', 'x.*'),
    target_label: names,
    replacement: constantFrom('$1', '', 'x', '${1}y', '$2$1'),
    action: constantFrom(
      'replace',
      'keep',
      'drop',
      'keepequal',
      'dropequal',
      'labelmap',
      'labeldrop',
      'labelkeep',
      'lowercase',
      'uppercase',
    ),
  });
  check(
    property(
      array(rule, { maxLength: 5 }),
      dictionary(names, string({ minLength: 1, maxLength: 3 })),
      (rules, given) => {
        const compiled = compileRelabelling(rules.map((one) => relabelConfig(relabelKeys.parse(one), 'utf8')));
        const labels = new Map(Object.entries(given));
        const before = [...labels];
        const first = compiled(labels);
        assert.deepEqual([...labels], before);
        assert.deepEqual(compiled(labels), first);
        for (const [name, value] of first ?? [])
          assert.ok((name !== '' && value !== '') || rules.some(({ action }) => action === 'labelmap'));
      },
    ),
    { seed: 4, numRuns: 300 },
  );
});

function isPattern(text: string): boolean {
  try {
    compileRe2(text);
    return true;
  } catch {
    return false;
  }
}

void test('patterns compared without a regular expression mean the same as with one', () => {
  const pieces = constantFrom('a', 'b', 'ab', '.*', '(.*)', '|', '(', ')', '(?:', '.+', '');
  check(
    property(
      array(pieces, { maxLength: 5 }),
      array(constantFrom('a', 'b', '\n', ''), { maxLength: 4 }),
      (parts, letters) => {
        const pattern = parts.join('');
        const keys = relabelKeys.safeParse({ source_labels: ['x'], regex: pattern, action: 'keep' });
        // Patterns that only make sense within the anchors, such as `a)|(?:b`, are none here.
        if (!keys.success || !isPattern(pattern)) return;
        // The same pattern in a form that is not recognised.
        const plain = compileRelabelling([relabelConfig(keys.data, 'utf8')]);
        const general = compileRelabelling([relabelConfig({ ...keys.data, regex: `(?:(?:${pattern}))` }, 'utf8')]);
        const text = letters.join('');
        const labels = new Map(text === '' ? [] : [['x', text]]);
        assert.equal(
          plain(labels) === undefined,
          general(labels) === undefined,
          `${pattern} on ${JSON.stringify(text)}`,
        );
      },
    ),
    { seed: 5, numRuns: 2_000 },
  );
});
