import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentError } from '../../pipeline/errors.ts';
import { withoutPasswords } from '../../pipeline/passwords-in-urls.ts';

void test('passwords in URLs are not shown', () => {
  const cases: [string, string][] = [
    ['http://user:pass@host:1/a', 'http://user:[REDACTED]@host:1/a'],
    ['http://:pass@host', 'http://:[REDACTED]@host'],
    ['"https://u:p@ss@host", then ftp://a:b@c', '"https://u:[REDACTED]@host", then ftp://a:[REDACTED]@c'],
    ['no URL: a:b@c', 'no URL: a:b@c'],
    ['http://user@host:1', 'http://user@host:1'],
    ['http://host:1/a@b', 'http://host:1/a@b'],
    ['http://host:80, mail me@example.com', 'http://host:80, mail me@example.com'],
  ];
  for (const [given, shown] of cases) assert.equal(withoutPasswords(given), shown);
});

void test('errors show none, wherever it stands', () => {
  const url = 'http://user:canary@host/agent.yaml';
  const error = new AgentError('URL_INVALID', `bad ${url}`, {
    mend: `mend ${url}`,
    at: { source: url, line: 1, column: 2 },
  });
  assert.doesNotMatch(`${String(error)} ${error.message} ${error.stack}`, /canary/);
});
