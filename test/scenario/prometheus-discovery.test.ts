// A whole agent that finds its targets over HTTP and in files of jobs, and scrapes them with TLS and a password that is changed
// meanwhile; and what `validate` says of a Prometheus configuration that can not be used.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import type { Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, runAgent, startAgent } from '../support/agent.ts';
import { TestAuthority } from '../support/certificates.ts';

const authority = TestAuthority.make();
const skip = authority ? false : 'this machine has no openssl';
let folder: string;

before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'prometheus-discovery-'));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
  authority?.[Symbol.dispose]();
});

const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return address.port;
}

/** Asks for a page until it is as wanted, at most 15 s. */
async function pageWith(url: string, isWanted: (page: string) => boolean, what: string): Promise<string> {
  let page = '';
  for (let attempt = 0; attempt < 300; attempt++) {
    page = await (await fetch(url)).text();
    if (isWanted(page)) return page;
    await sleep(50);
  }
  return assert.fail(`no ${what} within 15 s:\n${page.slice(0, 4_000)}`);
}

const PAGE = '# TYPE shop_orders counter\nshop_orders_total{kind="a"} 7\n# TYPE shop_secret gauge\nshop_secret 1\n';

void test('targets of http_sd and of a file of jobs, with TLS and a password that is changed', { skip }, async () => {
  assert.ok(authority);
  let password = 'pw-7319-before';
  const asked: string[] = [];
  const serveTarget: RequestListener = (request, response) => {
    const expected = `Basic ${Buffer.from(`scraper:${password}`).toString('base64')}`;
    asked.push(request.url ?? '');
    if (request.headers.authorization !== expected) response.writeHead(401).end();
    else response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(PAGE);
  };
  const { cert, key } = authority.issue('target', 'IP:127.0.0.1');
  const target = https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, serveTarget);
  const plain = http.createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end('plain_metric 1\n');
  });
  const targetPort = await listening(target);
  const plainPort = await listening(plain);
  let groups = [{ targets: [`127.0.0.1:${targetPort}`], labels: { zone: 'north' } }];
  const discovery = http.createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(groups));
  });
  const discoveryPort = await listening(discovery);
  const [port = 0, own = 0] = await freePorts(2);

  const passwordFile = write('password', `${password}\n`);
  write('plain.json', JSON.stringify([{ targets: [`127.0.0.1:${plainPort}`] }]));
  const jobs = write(
    'jobs.yml',
    'scrape_configs:\n- job_name: from-file\n  scrape_interval: 200ms\n  file_sd_configs: [{files: [plain.json]}]\n  relabel_configs: [{source_labels: [__address__], regex: "(.*):.*", target_label: host, replacement: "$1"}]\n',
  );
  const config = `
receivers:
  prometheus:
    config:
      global: {scrape_interval: 200ms, scrape_timeout: 200ms}
      scrape_config_files: [${jobs}]
      scrape_configs:
        - job_name: shop
          scheme: https
          metrics_path: /own/metrics
          params: {module: [a b]}
          basic_auth: {username: scraper, password_file: ${passwordFile}}
          tls_config: {ca_file: ${authority.ca}}
          http_sd_configs: [{url: "http://127.0.0.1:${discoveryPort}/targets", refresh_interval: 200ms}]
          relabel_configs: [{source_labels: [zone], regex: (n).*, target_label: z, replacement: "$$1"}]
          metric_relabel_configs: [{source_labels: [__name__], regex: shop_secret, action: drop}]
exporters:
  prometheus: {endpoint: "127.0.0.1:${port}", metric_expiration: 1m}
service:
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${own}}}}}]}}
  pipelines: {metrics: {receivers: [prometheus], exporters: [prometheus]}}
`;
  const url = `http://127.0.0.1:${port}/metrics`;
  try {
    await using agent = await startAgent({ config });
    const page = await pageWith(
      url,
      (text) => /^shop_orders_total\{.*\} 7$/m.test(text) && /^plain_metric\{/m.test(text),
      'metrics of both targets',
    );
    assert.match(page, /^shop_orders_total\{.*kind="a".*z="n",zone="north"\} 7$/m);
    assert.match(page, new RegExp(`^shop_orders_total\\{.*instance="127.0.0.1:${targetPort}",job="shop"`, 'm'));
    assert.match(page, /^plain_metric\{.*host="127.0.0.1".*job="from-file"/m);
    assert.doesNotMatch(page, /shop_secret/);
    assert.ok(
      asked.every((one) => one === '/own/metrics?module=a+b'),
      asked[0] ?? '',
    );

    password = 'pw-7319-after';
    await pageWith(url, (text) => /^up\{.*job="shop".*\} 0$/m.test(text), 'target that is down');
    writeFileSync(passwordFile, password);
    await pageWith(url, (text) => /^up\{.*job="shop".*\} 1$/m.test(text), 'target that is up again');

    groups = [];
    await pageWith(url, (text) => !text.includes('shop_orders'), 'end of the series of a target that is gone');
    assert.match(await (await fetch(url)).text(), /^plain_metric\{/m);
    assert.doesNotMatch(agent.stdout + agent.stderr, /pw-7319/, 'no password in the log');
  } finally {
    for (const server of [target, plain, discovery]) {
      server.closeAllConnections();
      server.close();
    }
  }
});

void test('what is wrong with a Prometheus configuration is said with its places, before anything runs', async () => {
  const jobs = write('broken.yml', 'scrape_configs:\n- job_name: late\n  scrape_timeout: 1h\n');
  const validate = async (config: string): Promise<string> => {
    const exit = await runAgent({
      config: `receivers:\n  prometheus:\n    config:\n${config.replaceAll(/^/gm, '      ')}\nexporters: {nop: }\nservice: {pipelines: {metrics: {receivers: [prometheus], exporters: [nop]}}}\n`,
      argsBefore: ['validate'],
    });
    assert.notEqual(exit.code, 0);
    return exit.stdout + exit.stderr;
  };
  const said = await validate(`remote_write: [{url: http://x}]
scrape_configs:
- job_name: a
  scrape_intervall: 5s
- job_name: a
  kubernetes_sd_configs: [{role: pod}]
  relabel_configs: [{action: keeep}]`);
  assert.match(said, /config\.yaml:7:9: .*scrape_configs::0::scrape_intervall: .*did you mean "scrape_interval"\?/);
  assert.match(
    said,
    /config\.yaml:10:36: .*relabel_configs::0::action: "keeep" is not an action; expected one of replace/,
  );
  const refused = await validate(`remote_write: [{url: http://x}]
scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pod}]}]`);
  assert.match(refused, /remote_write has no place in a receiver; use the exporter prometheus_remote_write/);
  assert.match(refused, /kubernetes_sd_configs is valid, but this kind of service discovery is not built here/);
  assert.match(await validate(`scrape_config_files: [${jobs}]`), /broken\.yml: the job "late": scrape_timeout: /);
});
