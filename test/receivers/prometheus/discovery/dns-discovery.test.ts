// Against a DNS server of few words, on loopback.

import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { DnsDiscoveryConfig } from '../../../../receivers/prometheus/discovery/discovery.ts';
import { DnsDiscovery, fullNames } from '../../../../receivers/prometheus/discovery/dns-discovery.ts';
import { Watching } from './watching.ts';

const TYPES = { A: 1, NS: 2, MX: 15, AAAA: 28, SRV: 33 } as const;
const NAME_ERROR = 3;
const SERVER_FAILURE = 2;

/** Records of a name and type, as record data; a number is an error. */
let zone: Map<string, readonly Buffer[] | number>;
let asked: string[];
let server: dgram.Socket;
let folder: string;
let running: DnsDiscovery[];

beforeEach(async () => {
  zone = new Map();
  asked = [];
  running = [];
  folder = mkdtempSync(path.join(os.tmpdir(), 'dns-discovery-'));
  writeFileSync(
    path.join(folder, 'resolv.conf'),
    'nameserver 127.0.0.1\nsearch first.test second.test\noptions ndots:2\n',
  );
  server = dgram.createSocket('udp4');
  server.on('message', (message, from) => server.send(reply(message), from.port, from.address));
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const discovery of running) await discovery.stop();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  rmSync(folder, { recursive: true, force: true });
});

/** RFC 1035, section 4. */
function reply(query: Buffer): Buffer {
  let at = 12;
  const labels: string[] = [];
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = query.readUInt16BE(at + 1);
  const question = query.subarray(12, at + 5);
  const name = labels.join('.').toLowerCase();
  asked.push(name);
  const found =
    zone.get(`${name} ${type}`) ?? ([...zone.keys()].some((key) => key.startsWith(`${name} `)) ? [] : NAME_ERROR);
  const records = typeof found === 'number' ? [] : found;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8180 | (typeof found === 'number' ? found : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  const answers = records.map((data) => {
    const record = Buffer.alloc(12);
    // The name is the question's, by pointer.
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(0, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([header, question, ...answers]);
}

function encoded(name: string): Buffer {
  const parts = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function numbers(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) buffer.writeUInt16BE(value, index * 2);
  return buffer;
}

const put = (name: string, type: keyof typeof TYPES, records: readonly Buffer[] | number): unknown =>
  zone.set(`${name} ${TYPES[type]}`, records);

async function watching(keys: Partial<DnsDiscoveryConfig>): Promise<Watching> {
  const seen = new Watching();
  const config = {
    kind: 'dns',
    names: ['one.two.test'],
    type: 'A',
    port: 9100,
    refreshIntervalMs: 40,
    ...keys,
  } as const;
  const discovery = new DnsDiscovery(config, {
    log: seen.log,
    servers: [`127.0.0.1:${server.address().port}`],
    resolvConf: path.join(folder, 'resolv.conf'),
  });
  running.push(discovery);
  await seen.start(discovery);
  return seen;
}

const labelsOf = (seen: Watching, name: string): Record<string, string> =>
  Object.fromEntries(seen.groups.get(name)?.[0]?.targets[0] ?? []);

void test('addresses of both kinds', async () => {
  put('one.two.test', 'A', [Buffer.from([10, 0, 0, 1]), Buffer.from([10, 0, 0, 2])]);
  const four = await watching({});
  await four.finds('10.0.0.1:9100', '10.0.0.2:9100');
  assert.equal(labelsOf(four, 'one.two.test')['__meta_dns_name'], 'one.two.test');
  put('one.two.test', 'AAAA', [Buffer.from('20010db8000000000000000000000001', 'hex')]);
  const six = await watching({ type: 'AAAA' });
  await six.finds('[2001:db8::1]:9100');
});

void test('services, mail and name servers, with what their records say', async () => {
  put('_x._tcp.test', 'SRV', [Buffer.concat([numbers(1, 2, 8080), encoded('host.test')])]);
  const srv = await watching({ type: 'SRV', names: ['_x._tcp.test'] });
  await srv.finds('host.test:8080');
  assert.deepEqual(labelsOf(srv, '_x._tcp.test'), {
    __address__: 'host.test:8080',
    __meta_dns_name: '_x._tcp.test',
    __meta_dns_srv_record_target: 'host.test.',
    __meta_dns_srv_record_port: '8080',
  });
  put('one.two.test', 'MX', [Buffer.concat([numbers(10), encoded('mail.test')])]);
  const mx = await watching({ type: 'MX' });
  await mx.finds('mail.test:9100');
  assert.equal(labelsOf(mx, 'one.two.test')['__meta_dns_mx_record_target'], 'mail.test.');
  put('one.two.test', 'NS', [encoded('ns.test')]);
  const ns = await watching({ type: 'NS' });
  await ns.finds('ns.test:9100');
  assert.equal(labelsOf(ns, 'one.two.test')['__meta_dns_ns_record_target'], 'ns.test.');
});

void test('changes are found, a name that is gone has no targets', async () => {
  put('one.two.test', 'A', [Buffer.from([10, 0, 0, 1])]);
  const seen = await watching({});
  await seen.finds('10.0.0.1:9100');
  put('one.two.test', 'A', [Buffer.from([10, 0, 0, 9])]);
  await seen.finds('10.0.0.9:9100');
  zone.clear();
  await seen.finds();
  assert.deepEqual(seen.logged, []);
});

void test('a server that fails keeps the targets, and is told once', async () => {
  put('one.two.test', 'A', [Buffer.from([10, 0, 0, 1])]);
  const seen = await watching({});
  await seen.finds('10.0.0.1:9100');
  put('one.two.test', 'A', SERVER_FAILURE);
  for (const domain of ['first', 'second']) put(`one.two.test.${domain}.test`, 'A', SERVER_FAILURE);
  await seen.logs(/warn service discovery failed.*"name":"one\.two\.test".*DNS did not answer: queryA ESERVFAIL/);
  assert.deepEqual(seen.addresses, ['10.0.0.1:9100']);
  put('one.two.test', 'A', [Buffer.from([10, 0, 0, 2])]);
  await seen.finds('10.0.0.2:9100');
  await seen.logs(/^info service discovery works again/);
  assert.equal(seen.logged.length, 2);
});

void test('search domains come before a name with few dots, and after one with many', async () => {
  put('short.second.test', 'A', [Buffer.from([10, 0, 0, 3])]);
  const seen = await watching({ names: ['short'] });
  await seen.finds('10.0.0.3:9100');
  assert.deepEqual(asked.slice(0, 2), ['short.first.test', 'short.second.test']);
  const search = { domains: ['d'], ndots: 2 };
  assert.deepEqual(fullNames('a.b.c', search), ['a.b.c', 'a.b.c.d']);
  assert.deepEqual(fullNames('a.b', search), ['a.b.d', 'a.b']);
  assert.deepEqual(fullNames('a.', search), ['a.']);
});
