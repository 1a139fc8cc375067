// Twice what the destination takes, behind a memory limit and a queue larger than memory: the limit holds, whoever is
// refused is told to come again, nothing that was acknowledged is lost, and everybody else hardly notices.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestBody, type Protocol } from '../../bench/pipeline/bodies.ts';
import { OpenLoop } from '../../bench/pipeline/open-loop.ts';
import { watchMemory } from '../../bench/pipeline/process-tree.ts';
import { grpcSender, httpSender } from '../../bench/pipeline/senders.ts';
import { Sink } from '../../bench/pipeline/sink-process.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { leaveFigures, secondsFor } from '../support/budget.ts';
import { Prober, quietP99Ms } from '../support/prober.ts';
import { tracesRequest } from '../support/requests.ts';

const SECONDS = Number(process.env['OVERLOAD_SECONDS'] ?? secondsFor(60));
const SPANS = 100;
const CARRIED_PER_S = 500;
const OFFERED_PER_S = 2 * CARRIED_PER_S;
const LIMIT_MIB = 256;
const RECOVERY_S = 5;
const PROBE_EVERY_MS = 50;
const PROBE_P99_MS = 100;
/** A machine that does other things as well makes even an idle agent slow: so many times that is not the load's doing. */
const QUIET_FACTOR = 5;
/** Of what was due, in per cent: the load has to be real for the rest to mean anything. */
const LEAST_OFFERED = 95;

for (const protocol of ['grpc', 'http'] as const) {
  for (const gzip of [false, true]) {
    void test(
      `${protocol}, ${gzip ? 'gzip' : 'uncompressed'}: ${SECONDS} s at twice what is carried`,
      { timeout: (SECONDS + 90) * 1000 },
      (t) => overload(protocol, gzip, t),
    );
  }
}

async function overload(protocol: Protocol, gzip: boolean, t: TestContext): Promise<void> {
  await using sink = await Sink.start();
  const [grpc = 0, http = 0, quiet = 0, admin = 0] = await freePorts(4);
  await using agent = await startAgent({
    config: configurationOf({ protocol, gzip, grpc, http, quiet, admin, sink: sink.ports }),
  });
  const question = { url: `http://127.0.0.1:${admin}/api/pipelines`, method: 'GET' };
  const mostMs = PROBE_P99_MS + QUIET_FACTOR * (await quietP99Ms(question, PROBE_EVERY_MS, 3_000));
  await sink.ask({ spansPerSecond: CARRIED_PER_S * SPANS });
  const memory = watchMemory(agent.pid);
  const body = requestBody({ protocol, spans: SPANS, gzip });
  const load = new OpenLoop(protocol === 'grpc' ? grpcSender(grpc, body, gzip) : httpSender(http, body, gzip));
  const prober = new Prober(
    [
      question,
      {
        url: `http://127.0.0.1:${quiet}/v1/traces`,
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: tracesRequest(1),
      },
    ],
    PROBE_EVERY_MS,
  );
  load.rate(OFFERED_PER_S);
  await sleep(SECONDS * 1000);
  const endMs = performance.now();
  const { notOffered } = load;
  const others = await prober.stop();
  load.rate(CARRIED_PER_S / 10);
  await sleep(2 * RECOVERY_S * 1000);
  await load.close();
  await sink.ask({ spansPerSecond: 0 });
  const arrived = await sink.settled(5);
  const residentMib = memory.stop();
  const recoveryS = Math.max(0, (load.lastRefusalMs - endMs) / 1000);
  const p99s = others.map(({ p99Ms }) => p99Ms);
  leaveFigures(t, {
    seconds: SECONDS,
    accepted: load.accepted,
    told_to_retry: load.retryable,
    final: load.final,
    resident_mib: Math.round(residentMib),
    recovery_s: Number(recoveryS.toFixed(1)),
    admin_p99_ms: Math.round(p99s[0] ?? 0),
    other_receiver_p99_ms: Math.round(p99s[1] ?? 0),
  });
  assert.ok(notOffered < ((100 - LEAST_OFFERED) / 100) * OFFERED_PER_S * SECONDS, `${notOffered} were not offered`);
  assert.ok(load.retryable > 0, 'nothing was refused: there was no overload');
  assert.deepEqual([...load.finalReasons], []);
  assert.equal(arrived.spans, load.accepted * SPANS, 'what was acknowledged has arrived, and nothing else');
  assert.ok(residentMib <= 1.1 * LIMIT_MIB, `${residentMib} MiB resident`);
  assert.ok(recoveryS <= RECOVERY_S, `refused for ${recoveryS} s after the overload`);
  for (const { refused } of others) assert.deepEqual(refused, []);
  for (const p99 of p99s) assert.ok(p99 <= mostMs, `p99 of ${p99} ms, more than ${mostMs}`);
}

function configurationOf(options: {
  readonly protocol: Protocol;
  readonly gzip: boolean;
  readonly grpc: number;
  readonly http: number;
  readonly quiet: number;
  readonly admin: number;
  readonly sink: { readonly grpcPort: number; readonly httpPort: number };
}): object {
  const { protocol, gzip, sink } = options;
  const shared = { compression: gzip ? 'gzip' : 'none', sending_queue: { queue_size: 1_000_000 } };
  const exporters =
    protocol === 'grpc'
      ? { otlp_grpc: { endpoint: `127.0.0.1:${sink.grpcPort}`, tls: { insecure: true }, ...shared } }
      : { otlp_http: { endpoint: `http://127.0.0.1:${sink.httpPort}`, ...shared } };
  return {
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `127.0.0.1:${options.grpc}` },
          http: { endpoint: `127.0.0.1:${options.http}` },
        },
      },
      'otlp/quiet': { protocols: { http: { endpoint: `127.0.0.1:${options.quiet}` } } },
    },
    processors: { memory_limiter: { check_interval: '1s', limit_mib: LIMIT_MIB } },
    exporters: { ...exporters, nop: {} },
    extensions: { zpages: { endpoint: `127.0.0.1:${options.admin}` } },
    service: {
      extensions: ['zpages'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: Object.keys(exporters) },
        'traces/quiet': { receivers: ['otlp/quiet'], exporters: ['nop'] },
      },
    },
  };
}
