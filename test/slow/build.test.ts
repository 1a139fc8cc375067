// What `npm run build` makes, run whole: dist/ installed without sources and packages, and the single executable.

import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { ROOT } from '../house/sources.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { ProjectCopy } from '../support/project-copy.ts';

const SPAN = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'first span',
  kind: 2,
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000000250000000',
};

const copy = new ProjectCopy();
after(() => copy.remove());

const built = copy.run('node', 'cmd/scripts/build.ts', '--sea');

/** As a package installed elsewhere: launcher, dist/ and the runtime, nothing else. */
function install(): string {
  const root = path.join(copy.root, 'installed');
  mkdirSync(path.join(root, 'cmd'), { recursive: true });
  mkdirSync(path.join(root, 'node_modules', '.bin'), { recursive: true });
  cpSync(path.join(copy.root, 'cmd', 'genesis-agent'), path.join(root, 'cmd', 'genesis-agent'));
  cpSync(path.join(copy.root, 'dist'), path.join(root, 'dist'), {
    recursive: true,
    filter: (file) => !path.basename(file).startsWith('genesis-agent-bin'),
  });
  chmodSync(path.join(root, 'cmd', 'genesis-agent'), 0o755);
  symlinkSync(path.join(ROOT, 'node_modules', '.bin', 'node'), path.join(root, 'node_modules', '.bin', 'node'));
  return path.join(root, 'cmd', 'genesis-agent');
}

void test('it builds, and leaves nothing but what is shipped', () => {
  assert.equal(built.code, 0, built.output);
  assert.ok(existsSync(path.join(copy.root, 'dist', 'main.js')));
  assert.ok(!existsSync(path.join(copy.root, 'dist', 'sea.json')));
});

for (const [name, locate] of [
  ['dist', install],
  ['the single executable', () => path.join(copy.root, 'dist', 'genesis-agent-bin')],
] as const) {
  void describe(name, () => {
    const command = locate();
    const source = path.join(copy.root, 'cmd', 'genesis-agent');

    void test('answers as the sources do', () => {
      for (const args of [['version'], ['components', '--format', 'json'], ['schema'], ['explain'], ['featuregate']]) {
        const { code, output } = copy.run(command, ...args);
        assert.equal(code, 0, output);
        assert.equal(output, copy.run(source, ...args).output, args.join(' '));
      }
      const bad = copy.run(command, '--config', 'yaml:recievers: {}');
      assert.equal(bad.code, 1);
      assert.equal(bad.output, copy.run(source, '--config', 'yaml:recievers: {}').output);
    });

    void test('runs: traces in over HTTP, out to the terminal, own metrics, admin port, and a clean stop', async () => {
      const [http = 0, grpc = 0, admin = 0, metrics = 0] = await freePorts(4);
      await using agent = await startAgent({
        command,
        config: {
          receivers: {
            otlp: {
              protocols: {
                grpc: { endpoint: `127.0.0.1:${grpc}` },
                http: { endpoint: `127.0.0.1:${http}` },
              },
            },
          },
          processors: { batch: {} },
          exporters: {
            debug: { verbosity: 'normal' },
            // Everything that loads lazily for sending is there as well; nobody listens.
            otlp_grpc: { endpoint: '127.0.0.1:1', tls: { insecure: true }, retry_on_failure: { enabled: false } },
          },
          extensions: { zpages: { endpoint: `127.0.0.1:${admin}` } },
          service: {
            // A further thread is the same program once more.
            workers: 2,
            extensions: ['zpages'],
            telemetry: {
              metrics: {
                readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: metrics } } } }],
              },
            },
            pipelines: {
              traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['debug'] },
              'traces/far': { receivers: ['otlp'], exporters: ['otlp_grpc'] },
            },
          },
        },
      });
      const answer = await fetch(`http://127.0.0.1:${http}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [SPAN] }] }] }),
      });
      assert.equal(answer.status, 200);
      await agent.said(/first span/);
      assert.match(agent.stderr, /Receiving OTLP over HTTP.*"thread": "1"/);
      const own = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
      assert.match(own, /^otelcol_receiver_accepted_spans[^\n]* 1$/m);
      const page = await fetch(`http://127.0.0.1:${admin}/`);
      assert.equal(page.status, 200);
      const exit = await agent.stop();
      assert.deepEqual([exit.code, exit.signal], [0, null], exit.stderr);
    });
  });
}
