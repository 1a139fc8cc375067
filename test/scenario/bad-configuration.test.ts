// Configurations that can not work, given to a real agent: it ends with 1, says what is wrong, where, and how to mend it.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { freePorts, runAgent } from '../support/agent.ts';
import { portOf } from '../support/destination.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'bad-configuration-'));
after(() => rmSync(folder, { recursive: true }));

const [port = 0] = await freePorts(1);

function configuration({ grpc = '', exporters = 'nop:' }: { grpc?: string; exporters?: string }): string {
  return `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:${port}
${grpc}
exporters:
  ${exporters}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [nop]
`;
}

async function refused(config: string, ...expected: readonly RegExp[]): Promise<void> {
  const { code, stderr } = await runAgent({ config });
  assert.equal(code, 1, stderr);
  for (const pattern of expected) assert.match(stderr, pattern);
  assert.doesNotMatch(stderr, /^\s+at .*\.ts:\d+/m, 'a person is shown a stack trace');
}

void test('an unknown component: its place and the nearest name', async () => {
  await refused(
    configuration({ exporters: 'nop:\n  otlp_grcp: {endpoint: "a:1"}' }),
    /config\.yaml:9:3/,
    /otlp_grcp/,
    /otlp_grpc\b/,
    /\[CONFIG_COMPONENT_UNAVAILABLE\]/,
  );
});

void test('a wrong type: what was seen and what is expected', async () => {
  await refused(
    configuration({ grpc: '        max_recv_msg_size_mib: lots' }),
    /config\.yaml:6:32/,
    /receivers::otlp::protocols::grpc::max_recv_msg_size_mib/,
    /lots/,
    /\[CONFIG_TYPE_WRONG\]/,
  );
});

void test('an unknown key: the nearest known one', async () => {
  await refused(
    configuration({ grpc: '        max_recv_msg_size_mb: 4' }),
    /config\.yaml:6:9/,
    /max_recv_msg_size_mib/,
    /\[CONFIG_KEY_UNKNOWN\]/,
  );
});

void test('all errors of a file at once', async () => {
  await refused(
    configuration({ grpc: '        max_recv_msg_size_mb: 4\n        transport: 5', exporters: 'nop: {a: 1}' }),
    /max_recv_msg_size_mb/,
    /transport/,
    /nop/,
  );
});

void test('a variable that is not set', async () => {
  const config = configuration({ exporters: 'nop:\n  otlp_grpc: {endpoint: "${env:BACKEND_OF_THIS_TEST}"}' });
  await refused(config, /config\.yaml:9:25/, /exporters::otlp_grpc::endpoint/, /BACKEND_OF_THIS_TEST is not set/);
});

void test('YAML that is none', async () => {
  await refused('receivers: [otlp\nexporters: {', /config\.yaml:\d+:\d+/, /\[CONFIG_SYNTAX\]/);
});

void test('a file that does not exist', async () => {
  const missing = path.join(folder, 'not-there.yaml');
  const { code, stderr } = await runAgent({ config: configuration({}), args: ['--config', missing] });
  assert.equal(code, 1);
  assert.match(stderr, /not-there\.yaml/);
  assert.match(stderr, /\[CONFIG_SOURCE_UNREADABLE\]/);
});

void test('a port in use: which, and how to find out by whom', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  try {
    await refused(
      configuration({}).replace(String(port), String(portOf(holder))),
      new RegExp(`127\\.0\\.0\\.1:${portOf(holder)}`),
      /receiver:otlp/,
      /another program already listens/,
      /ss -ltnp/,
      /\[LISTEN_FAILED\]/,
    );
  } finally {
    holder.close();
  }
});

void test('a certificate that is missing, unreadable or no certificate', async () => {
  const garbage = path.join(folder, 'garbage.pem');
  writeFileSync(garbage, 'this is not a certificate\n');
  const tls = (file: string): string =>
    configuration({ grpc: `        tls: {cert_file: "${file}", key_file: "${garbage}"}` });
  await refused(tls(path.join(folder, 'missing.pem')), /missing\.pem/, /\[TLS_MATERIAL\]/);
  await refused(tls(garbage), /receiver:otlp/, /garbage\.pem/, /cert_file/, /\[TLS_MATERIAL\]/);
  if (process.getuid?.() !== 0) {
    const locked = path.join(folder, 'locked.pem');
    writeFileSync(locked, '');
    chmodSync(locked, 0);
    await refused(tls(locked), /locked\.pem/, /\[TLS_MATERIAL\]/);
  }
});
