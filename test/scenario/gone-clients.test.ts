// Clients that are gone before their answer, behind a real agent whose destination hangs and which has no queue: their
// data was never acknowledged, so it does not hold the stop until its deadline.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { test } from 'node:test';
import type grpc from '@grpc/grpc-js';
import { freePorts, startAgent } from '../support/agent.ts';
import { portOf } from '../support/destination.ts';
import { GrpcTestClient } from '../support/grpc-client.ts';
import { pipelines } from '../support/pipelines.ts';
import { spansMessage } from '../support/spans.ts';

/** The agent drains for 25 s at most; that it stopped before shows only in the time. */
const BEFORE_THE_DEADLINE = { timeout: 20_000 };
const PATIENT = { timeout: '0s', sending_queue: { enabled: false }, retry_on_failure: { enabled: true } };

for (const processors of [{}, { batch: {} }]) {
  const through = Object.keys(processors).join() || 'nothing';
  void test(`a stop while calls of gone clients are under way, through ${through}`, BEFORE_THE_DEADLINE, async () => {
    const destination = http2.createServer();
    const sessions = new Set<http2.ServerHttp2Session>();
    destination.on('session', (session) => void sessions.add(session));
    await new Promise<void>((resolve) => destination.listen(0, '127.0.0.1', resolve));
    try {
      const [grpcPort = 0, httpPort = 0] = await freePorts(2);
      const settings = { endpoint: `127.0.0.1:${portOf(destination)}`, tls: { insecure: true }, ...PATIENT };
      const config = pipelines({ grpcPort, httpPort, exporter: 'otlp_grpc', settings, processors });
      await using agent = await startAgent({ config });

      using client = new GrpcTestClient(grpcPort);
      let call: grpc.ClientUnaryCall | undefined;
      let arrived = once(destination, 'stream');
      const answer = client.call({ body: spansMessage(1), started: (under) => (call = under) });
      await arrived;
      call?.cancel();
      await answer;

      arrived = once(destination, 'stream');
      const request = http.request(`http://127.0.0.1:${httpPort}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
      });
      request.on('error', () => undefined);
      request.end(spansMessage(1));
      await arrived;
      request.destroy();

      const { code, stderr } = await agent.stop();
      assert.equal(code, 0, stderr);
      assert.match(stderr, /Stopped/);
    } finally {
      for (const session of sessions) session.destroy();
      destination.close();
    }
  });
}
