// The client clauses of the OTLP specification, asked of a running agent. `npm run conformance` asks the same of others. C1
// needs requests of 64 MiB and is in the slow tier.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ClauseResult } from './otlp/clause.ts';
import { askClient } from './otlp/client-bench.ts';
import { CLIENT_CLAUSES } from './otlp/clients.ts';

const clauses = CLIENT_CLAUSES.filter(({ id }) => id !== 'C1');

let results: readonly ClauseResult[];
before(async () => {
  results = await askClient(clauses, undefined);
});

for (const { id, checks } of clauses) {
  for (const check of checks) {
    void test(`${id}: ${check.what}`, { skip: check.unless ?? false }, () => {
      const result = results.find((one) => one.id === id)?.results.find((one) => one.check === check);
      const { held, saw } = result?.finding ?? { held: false, saw: result?.reason ?? 'nothing' };
      assert.ok(held, saw);
    });
  }
}
