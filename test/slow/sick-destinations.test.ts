// Destinations that fall ill in every way while a healthy one stands beside them: what was acknowledged arrives as soon as
// the destination is well, the other gets everything meanwhile, the circuit is seen to open and close, and nothing grows.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../../bench/pipeline/process-tree.ts';
import { encodeStatus } from '../../proto/status.ts';
import { grpcStatus, SickDestination } from '../support/sick-destination.ts';
import { RECOVERY_MS, REQUESTS, Ward } from '../support/ward.ts';

const MAX_GROWTH_MIB = 96;
const OUTAGE_MS = 1_800;

const STATUS = { RESOURCE_EXHAUSTED: 8, UNAVAILABLE: 14 } as const;

interface Ailment {
  readonly what: string;
  readonly fall: (sick: SickDestination) => void | (() => void);
  /** A circuit that some requests still get through does not open. */
  readonly isPartial?: boolean;
}

function toggled(sick: SickDestination): () => void {
  const timer = setInterval(() => {
    sick.front = sick.front === 'pass' ? 'reset' : 'pass';
    sick.cut();
  }, 200);
  return () => clearInterval(timer);
}

const EITHER: readonly Ailment[] = [
  { what: 'accepts and never answers', fall: (sick) => void (sick.front = 'silent') },
  { what: 'never reads', fall: (sick) => void (sick.front = 'deaf') },
  { what: 'resets', fall: (sick) => void (sick.front = 'reset') },
  { what: 'answers the first half', fall: (sick) => void (sick.front = 'half') },
  { what: 'resets in its answer', fall: (sick) => void (sick.front = 'half_reset') },
  { what: 'flaps every 200 ms', fall: toggled, isPartial: true },
];

const HTTP: readonly Ailment[] = [
  ...EITHER,
  { what: 'answers 503', fall: (sick) => void (sick.answerHttp = (response) => response.writeHead(503).end()) },
  {
    what: 'answers 429 with seconds',
    fall: (sick) => void (sick.answerHttp = (response) => response.writeHead(429, { 'retry-after': '1' }).end()),
  },
  {
    what: 'answers 503 with a date',
    fall: (sick) =>
      void (sick.answerHttp = (response) =>
        response.writeHead(503, { 'retry-after': new Date(Date.now() + 2_000).toUTCString() }).end()),
  },
  {
    what: 'answers with headers without end',
    fall: (sick) => void (sick.answerHttp = (response) => response.writeHead(200, { huge: 'x'.repeat(1 << 20) }).end()),
  },
];

const GRPC: readonly Ailment[] = [
  ...EITHER,
  { what: 'answers UNAVAILABLE', fall: (sick) => void (sick.answerGrpc = grpcStatus(STATUS.UNAVAILABLE)) },
  {
    what: 'answers UNAVAILABLE with RetryInfo beyond max_interval',
    fall: (sick) => void (sick.answerGrpc = grpcStatus(STATUS.UNAVAILABLE, { details: retryInfo(2_000) })),
  },
  {
    what: 'answers RESOURCE_EXHAUSTED with RetryInfo',
    fall: (sick) => void (sick.answerGrpc = grpcStatus(STATUS.RESOURCE_EXHAUSTED, { details: retryInfo(1_000) })),
  },
  { what: 'grants no window', fall: (sick) => sick.grant(0) },
  {
    what: 'sends GOAWAY in anger',
    fall: (sick) =>
      void (sick.answerGrpc = (stream) => stream.session?.goaway(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, 0)),
  },
  {
    what: 'goes away at every request',
    fall: (sick) =>
      void (sick.answerGrpc = (stream) => {
        stream.session?.close();
        stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      }),
  },
];

function retryInfo(retryDelayMs: number): string {
  return Buffer.from(encodeStatus({ code: STATUS.UNAVAILABLE, message: 'later', retryDelayMs })).toString('base64');
}

for (const [protocol, ailments] of [
  ['http', HTTP],
  ['grpc', GRPC],
] as const) {
  void test(`a sick ${protocol} destination`, async (suite) => {
    let ward: Ward;
    let residentMib = 0;

    before(async () => {
      ward = await Ward.open({ protocol, sick: await SickDestination.start(protocol) });
      const names = await ward.send('well');
      await ward.sick.until(names, RECOVERY_MS);
      residentMib = usageOf(ward.agent.pid).residentMib;
    });

    after(async () => ward[Symbol.asyncDispose]());

    for (const { what, fall, isPartial } of ailments) {
      await suite.test(what, async () => {
        const { sick, well } = ward;
        const undo = fall(sick);
        sick.cut();
        const requestsBefore = sick.requests;
        const connectionsBefore = sick.connections;
        const names = await ward.send(`${protocol} ${what}`);
        await well.until(names, RECOVERY_MS);
        await sleep(OUTAGE_MS);
        if (isPartial !== true) {
          assert.equal(await ward.isClosed(), false, 'the circuit is open');
          assert.ok((await ward.figure('genesis_exporter_consecutive_failures')) > 0);
          assert.match((await ward.reason()) ?? '', /failed .* since .*Z/);
          assert.ok(sick.requests - requestsBefore <= 2 * REQUESTS, `${sick.requests - requestsBefore} requests`);
          assert.ok(sick.connections - connectionsBefore <= 2 * REQUESTS, `${sick.connections} connections`);
        }
        undo?.();
        sick.heal();
        await sick.until(names, RECOVERY_MS);
        // What was taken without an answer comes a second time.
        await ward.rest();
        assert.equal(await ward.isClosed(), true, 'the circuit is closed again');
        assert.equal(await ward.figure('genesis_exporter_consecutive_failures'), 0);
        assert.equal(await ward.reason(), undefined);
      });
    }

    await suite.test('nothing is kept of all that', async () => {
      const grown = usageOf(ward.agent.pid).residentMib - residentMib;
      assert.ok(grown <= MAX_GROWTH_MIB, `${grown} MiB more than before`);
      assert.equal(await ward.figure('otelcol_exporter_in_flight_requests'), 0);
      ward.sick.cut();
      const { code, stderr } = await ward.agent.stop();
      assert.equal(code, 0, stderr);
    });
  });
}
