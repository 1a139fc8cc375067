// Data of different senders waits in one queue: what headers_setter makes of each must not end up in one request.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config } from '../../../exporters/otlp_http/config.ts';
import declaration from '../../../exporters/otlp_http/index.ts';
import { config as setterConfig } from '../../../extensions/headers_setter/config.ts';
import { HeadersSetter } from '../../../extensions/headers_setter/headers-setter.ts';
import { batchOf, type Batch } from '../../../pipeline/batch.ts';
import { SOON, testContext } from '../../support/context.ts';
import { tracesRequest } from '../../support/requests.ts';
import { smallServer, type Answer } from '../../support/small-server.ts';

function of(tenant: string, index: number): Batch {
  const auth = new Map([['tenant', tenant]]);
  return batchOf('traces', tracesRequest(1, { firstTrace: index }), 1, { metadata: new Map(), auth });
}

void test('while the destination is slow, only data of one tenant shares a request', async () => {
  const answers: ((answer: Answer) => void)[] = [];
  let isOpen = false;
  await using server = await smallServer(() =>
    isOpen ? { body: {} } : new Promise<Answer>((resolve) => answers.push(resolve)),
  );
  const { context } = testContext({ kind: 'exporter', id: 'otlp_http', realTime: true });
  const setter = new HeadersSetter(
    setterConfig.parse({ headers: [{ key: 'X-Tenant', action: 'upsert', from_attribute: 'tenant' }] }),
    testContext({ kind: 'extension', id: 'headers_setter' }).context,
  );
  await setter.start();
  const exporter = declaration.create(
    config.parse({
      endpoint: server.url,
      compression: 'none',
      auth: { authenticator: 'headers_setter' },
      // One request at a time, so that the rest waits and is merged.
      sending_queue: { num_consumers: 1 },
    }),
    { ...context, extension: () => setter },
  );
  await exporter.start();
  await exporter.consume(of('first', 0));
  while (answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  const waiting = ['a', 'a', 'b', 'b', 'b', 'a'].map((tenant, index) => exporter.consume(of(tenant, index + 1)));
  await Promise.all(waiting);
  isOpen = true;
  for (const open of answers) open({ body: {} });
  await exporter.stop(SOON());
  await setter.stop();
  const sent = server.asked.map(({ headers }) => [headers['x-tenant'], Number(headers['content-length'])]);
  const single = tracesRequest(1).length;
  assert.deepEqual(
    sent.map(([tenant]) => tenant),
    ['first', 'a', 'b', 'a'],
  );
  const sizes = sent.map(([, bytes]) => Math.round(Number(bytes) / single));
  assert.deepEqual(sizes, [1, 2, 3, 1]);
});
