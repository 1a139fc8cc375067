// The official Python SDK sends traces, metrics and logs through the agent, by gRPC and HTTP, plain and gzipped.
// Needs the SDK under .cache (test/slow/interop/install-peers.sh).

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePorts, startAgent } from '../../support/agent.ts';
import { grpcDestination } from '../../support/destination.ts';
import { flatSpans } from '../../support/otlp-objects.ts';
import { pythonSdk } from '../../support/peers.ts';
import { pipelines } from '../../support/pipelines.ts';

const exec = promisify(execFile);
const { program: PYTHON, skip } = pythonSdk();
const SERVICE = fileURLToPath(new URL('python-sdk-service.py', import.meta.url));

for (const protocol of ['grpc', 'http']) {
  for (const compression of ['none', 'gzip']) {
    void test(`${protocol}, ${compression}`, { skip }, async () => {
      await using destination = await grpcDestination();
      const [grpcPort = 0, httpPort = 0] = await freePorts(2);
      const settings = { endpoint: `127.0.0.1:${destination.port}`, tls: { insecure: true } };
      await using agent = await startAgent({
        config: pipelines({ grpcPort, httpPort, exporter: 'otlp_grpc', settings }),
      });
      const endpoint = `http://127.0.0.1:${protocol === 'grpc' ? grpcPort : httpPort}`;
      const { stdout } = await exec(PYTHON, [SERVICE, protocol, endpoint], {
        // The gRPC exporter knows no "none".
        env: { ...process.env, ...(compression === 'gzip' ? { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' } : {}) },
      });
      // Safe: the service prints nothing else.
      const made = JSON.parse(stdout) as { readonly spanId: string; readonly traceId: string }[];
      assert.equal(made.length, 200);
      const { code, stderr } = await agent.stop();
      assert.equal(code, 0, stderr);
      const arrived = flatSpans(destination.arrivals.requests('traces'));
      assert.deepEqual(
        arrived.map(({ span: { spanId, traceId } }) => ({ spanId, traceId })),
        made.toSorted((a, b) => a.spanId.localeCompare(b.spanId)),
      );
      assert.match(JSON.stringify(arrived[0]?.resource), /python-shop/);
      assert.match(JSON.stringify(destination.arrivals.requests('metrics')), /"name":"shop.orders"/);
      assert.match(JSON.stringify(destination.arrivals.requests('logs')), /"stringValue":"order 99"/);
    });
  }
}
