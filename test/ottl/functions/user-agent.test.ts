import assert from 'node:assert/strict';
import { test } from 'node:test';
import { USER_AGENT } from '../../../ottl/functions/user-agent/converter.ts';

const evaluate = USER_AGENT.prepare([undefined], { now: () => 0, random: () => 0 });

function parsed(original: string): readonly unknown[] {
  const result = evaluate([original]);
  assert.ok(result instanceof Map);
  assert.equal(result.get('user_agent.original'), original);
  return ['user_agent.name', 'user_agent.version', 'os.name', 'os.version'].map((key) => result.get(key));
}

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

// The collector's own tests of the function.
const CASES: readonly (readonly [string, readonly unknown[]])[] = [
  [
    'Mozilla/5.0 (Linux; Android 4.1.1; SPH-L710 Build/JRO03L) AppleWebKit/535.19 (KHTML, like Gecko) Chrome/18.0.1025.166 Mobile Safari/535.19',
    ['Chrome Mobile', '18.0.1025', 'Android', '4.1.1'],
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0', ['Firefox', '126.0', 'Linux', undefined]],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 13_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Mobile/15E148 Safari/604.1',
    ['Mobile Safari', '13.1.1', 'iOS', '13.5.1'],
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/91.0.4472.124 Safari/537.36 Edg/91.0.864.59`,
    ['Edge', '91.0.864', 'Windows', '10'],
  ],
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/51.0.2704.106 Safari/537.36 OPR/38.0.2220.41`,
    ['Opera', '38.0.2220', 'Linux', undefined],
  ],
  ['curl/7.81.0', ['curl', '7.81.0', undefined, undefined]],
  ['foobar/1.2.3 (foo; bar baz)', ['Other', '', undefined, undefined]],
];

void test('user agents are read as by the collector, the second time from memory', () => {
  for (const [text, expected] of [...CASES, ...CASES]) assert.deepEqual(parsed(text), expected, text);
});

void test('what is remembered has a limit, and forgets what is oldest', () => {
  for (let index = 0; index < 1100; index += 1) parsed(`x${index}`);
  for (const [text, expected] of CASES) assert.deepEqual(parsed(text), expected, text);
});
