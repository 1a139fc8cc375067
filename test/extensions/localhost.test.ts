// Every extension that serves something does so on all addresses of `localhost`, and its log names them.

import assert from 'node:assert/strict';
import os from 'node:os';
import { test } from 'node:test';
import healthCheck from '../../extensions/health_check/index.ts';
import pprof from '../../extensions/pprof/index.ts';
import zpages from '../../extensions/zpages/index.ts';
import type { Extension, ExtensionContext } from '../../pipeline/component.ts';
import { runningContext } from './running-context.ts';

const hasIpv6 = Object.values(os.networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

const settings = { endpoint: 'localhost:0' };
const makers: readonly (readonly [string, string, (context: ExtensionContext) => Extension])[] = [
  ['zpages', '/api/pipelines', (context) => zpages.create(zpages.config.parse(settings), context)],
  ['pprof', '/debug/pprof/', (context) => pprof.create(pprof.config.parse(settings), context)],
  ['health_check', '/', (context) => healthCheck.create(healthCheck.config.parse(settings), context)],
];

for (const [id, path, make] of makers) {
  void test(`${id} on localhost`, { skip: !hasIpv6 && 'this machine has no IPv6 address of its own' }, async () => {
    const { context } = runningContext(id);
    const endpoints: unknown[] = [];
    const info = (fields: object): void => void ('endpoint' in fields && endpoints.push(fields.endpoint));
    const extension = make({ ...context, log: { ...context.log, info } });
    await extension.start();
    try {
      const [endpoint] = endpoints;
      assert.ok(typeof endpoint === 'string');
      assert.match(endpoint, /^127\.0\.0\.1:(\d+), \[::1\]:\1$/);
      for (const address of endpoint.split(', ')) {
        const answer = await fetch(`http://${address}${path}`);
        await answer.arrayBuffer();
        assert.ok(answer.status === 200 || answer.status === 503, `${address} answered ${answer.status}`);
      }
    } finally {
      await extension.stop(AbortSignal.abort());
    }
  });
}
