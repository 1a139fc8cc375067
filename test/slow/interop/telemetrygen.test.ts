// The collector's own load generator through the agent: every signal, both protocols, nothing lost. Its path is in
// TELEMETRYGEN, or it is under .cache (test/slow/interop/install-peers.sh).

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Signal } from '../../../pipeline/signal.ts';
import { countItems } from '../../../proto/otlp/count.ts';
import { freePorts, startAgent } from '../../support/agent.ts';
import { grpcDestination } from '../../support/destination.ts';
import { telemetrygen } from '../../support/peers.ts';
import { pipelines } from '../../support/pipelines.ts';

const exec = promisify(execFile);
const { program: PROGRAM, skip } = telemetrygen();

const WORKERS = 4;
/** Few enough for the generator's own queue of 2048 spans, which drops what does not fit. */
const PER_WORKER = 100;

const CASES: readonly { readonly signal: Signal; readonly args: readonly string[]; readonly items: number }[] = [
  {
    signal: 'traces',
    args: ['--traces', String(PER_WORKER), '--child-spans', '3', '--span-links', '2', '--status-code', 'Error'],
    items: WORKERS * PER_WORKER * 4,
  },
  { signal: 'metrics', args: ['--metrics', String(PER_WORKER)], items: WORKERS * PER_WORKER },
  { signal: 'logs', args: ['--logs', String(PER_WORKER)], items: WORKERS * PER_WORKER },
];

for (const { signal, args, items } of CASES) {
  for (const protocol of ['grpc', 'http']) {
    void test(`${signal} over ${protocol}`, { skip }, async () => {
      await using destination = await grpcDestination();
      const [grpcPort = 0, httpPort = 0] = await freePorts(2);
      const settings = { endpoint: `127.0.0.1:${destination.port}`, tls: { insecure: true } };
      await using agent = await startAgent({
        config: pipelines({ grpcPort, httpPort, exporter: 'otlp_grpc', settings }),
      });
      const where =
        protocol === 'grpc'
          ? ['--otlp-endpoint', `127.0.0.1:${grpcPort}`]
          : ['--otlp-http', '--otlp-endpoint', `127.0.0.1:${httpPort}`];
      await exec(PROGRAM, [
        signal,
        '--otlp-insecure',
        ...where,
        '--workers',
        String(WORKERS),
        '--rate',
        '0',
        '--otlp-attributes',
        'kind="test"',
        ...args,
      ]);
      const { code, stderr } = await agent.stop();
      assert.equal(code, 0, stderr);
      const arrived = destination.arrivals.all.filter((arrival) => arrival.signal === signal);
      assert.equal(
        arrived.reduce((sum, { body }) => sum + countItems(signal, body), 0),
        items,
      );
    });
  }
}
