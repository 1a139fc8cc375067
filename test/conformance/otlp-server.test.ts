// The server clauses S1–S11 of the OTLP specification, asked of a running agent. `npm run conformance` asks the same of others.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findingOf } from './otlp/clause.ts';
import { SERVER_CLAUSES, startServer, type StartedServer } from './otlp/servers.ts';

// Small, to be quick; the limit that the agent has by itself is asked for in the slow tier.
const LIMIT_MIB = 8;

let server: StartedServer;
before(async () => {
  server = await startServer({ limitMib: LIMIT_MIB });
});
after(() => server[Symbol.asyncDispose]());

for (const { id, checks } of SERVER_CLAUSES) {
  for (const check of checks) {
    void test(`${id}: ${check.what}`, async () => {
      assert.equal(server.target.lacks(check.needs), undefined);
      const { held, saw } = await findingOf(() => check.ask(server.target));
      assert.ok(held, saw);
    });
  }
}
