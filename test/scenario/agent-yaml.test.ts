// What `npm start` runs, on free ports: the host's own figures are there for Prometheus at once, what applications send as
// well, and a port that is taken is explained.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../house/sources.ts';
import { freePorts, runAgent, startAgent } from '../support/agent.ts';
import { httpRequest } from '../support/http-request.ts';

const TEXT = readFileSync(path.join(ROOT, 'agent.yaml'), 'utf8');

interface OnFreePorts {
  readonly config: string;
  readonly args: readonly string[];
  /** The port in place of the file's. */
  readonly portOf: (written: number) => number;
}

async function onFreePorts(): Promise<OnFreePorts> {
  const written = [...new Set(Array.from(TEXT.matchAll(/localhost:(\d+)/g), ([, port]) => Number(port)))];
  const [own = 0, ...free] = await freePorts(written.length + 1);
  const portOf = (port: number): number => free[written.indexOf(port)] ?? 0;
  const readers = `[{pull: {exporter: {prometheus: {host: localhost, port: ${own}}}}}]`;
  return {
    config: TEXT.replaceAll(/localhost:(\d+)/g, (_, port) => `localhost:${portOf(Number(port))}`),
    args: ['--set', `service.telemetry.metrics.readers=${readers}`],
    portOf,
  };
}

/** The values of a metric's series by their labels. */
function seriesOf(page: string, name: string): Map<string, number> {
  const lines = [...page.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))];
  return new Map(lines.map(([, labels = '', value]) => [labels, Number(value)]));
}

const CLIENT = `{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
"scopeMetrics":[{"metrics":[{"name":"orders","gauge":{"dataPoints":[{"timeUnixNano":"1800000000000000000","asInt":"42"}]}}]}]}]}`;

void test('the host is there for Prometheus within a second of the start, and what applications send', async () => {
  const { config, args, portOf } = await onFreePorts();
  await using agent = await startAgent({ config, args });
  const url = `http://localhost:${portOf(8889)}/metrics`;
  const read = async (): Promise<string> => await (await fetch(url)).text();
  let page = await read();
  // Forty times 25 ms.
  for (let attempt = 0; attempt < 40 && seriesOf(page, 'system_uptime_seconds').size === 0; attempt++) {
    await sleep(25);
    page = await read();
  }
  const memoryKib = /^MemTotal: +(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1];
  const used = [...seriesOf(page, 'system_memory_usage_bytes').values()].reduce((sum, value) => sum + value, 0);
  assert.ok(used > 0 && used <= 2 * 1_024 * Number(memoryKib), `${used} bytes of ${memoryKib} KiB`);
  const modes = [...seriesOf(page, 'system_cpu_time_seconds_total').keys()].join('\n');
  for (const state of ['user', 'system', 'idle', 'wait']) assert.ok(modes.includes(`state="${state}"`), modes);
  for (const name of ['system_network_io_bytes_total', 'system_processes_count', 'system_processes_created_total']) {
    assert.ok(seriesOf(page, name).size > 0, `${name}:\n${page.slice(0, 2_000)}`);
  }
  const processes = [...seriesOf(page, 'process_memory_usage_bytes').keys()];
  assert.ok(processes.length > 0 && processes.length <= 30, `${processes.length} processes`);
  for (const labels of processes) assert.match(labels, /process_executable_name=".*process_pid="\d+"/);

  const headers = { 'content-type': 'application/json' };
  const answer = await httpRequest(`http://localhost:${portOf(4318)}/v1/metrics`, {
    headers,
    body: Buffer.from(CLIENT),
  });
  assert.equal(answer.status, 200);
  assert.match(await read(), /^orders\{.*job="shop".*\} 42$/m);
  assert.match(agent.stdout + agent.stderr, /orders/, 'the terminal shows it as well');
  assert.doesNotMatch(agent.stdout + agent.stderr, /system\.cpu/, 'but not the host, every ten seconds');
});

void test('a port of Prometheus that is taken is explained', async () => {
  const { config, args, portOf } = await onFreePorts();
  const squatter = createServer().listen(portOf(8889), 'localhost');
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { port } = squatter.address() as AddressInfo; // Safe: a TCP server that listens has an address.
  try {
    const { code, stderr } = await runAgent({ config, args });
    assert.notEqual(code, 0);
    // Who else listens there, and what else could be written.
    assert.match(stderr, /ss -ltnp.*another endpoint/);
    assert.match(
      stderr,
      new RegExp(`exporter:prometheus: can not listen on localhost:${port}: another program already listens there`),
    );
  } finally {
    await new Promise((resolve) => squatter.close(resolve));
  }
});
