// The same sections, judged by this agent and by `otelcol validate`. Needs a collector with the OTLP components and
// zpages, its path in OTELCOL.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { verdictOn } from '../../cmd/validate.ts';
import {
  FILE_STORAGE_CASES,
  GRPC_EXPORTER_CASES,
  HTTP_EXPORTER_CASES,
  RECEIVER_CASES,
  SERVICE_CASES,
  TELEMETRY_CASES,
} from './validate-cases.ts';

const otelcol = process.env['OTELCOL'];
const skip = otelcol === undefined ? 'OTELCOL does not name a collector to compare with' : false;
const folder = mkdtempSync(path.join(os.tmpdir(), 'validate-'));
after(() => rmSync(folder, { recursive: true }));

interface Parts {
  readonly receiver?: string;
  readonly grpc?: string;
  readonly http?: string;
  readonly storage?: string;
  readonly telemetry?: string;
  readonly service?: string;
}

function configuration({
  receiver = '{protocols: {grpc: }}',
  grpc = '{endpoint: "a:1"}',
  http = '{endpoint: "http://a"}',
  storage = '{directory: /tmp}',
  telemetry = '{}',
  service = `service: {telemetry: ${telemetry}, pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc, otlp_http]}}}`,
}: Parts): string {
  return `receivers:\n  otlp: ${receiver}\nexporters:\n  otlp_grpc: ${grpc}\n  otlp_http: ${http}\nextensions: {zpages: , file_storage: ${storage}}\n${service}\n`;
}

/** Where we refuse what the collector only stumbles over at start, or takes for something else than what is written. */
const STRICTER: ReadonlyMap<string, string> = new Map([
  ['{protocols: {grpc: {max_recv_msg_size_mib: 1.5}}}', 'the collector cuts the fraction off silently'],
  ['{protocols: {grpc: {auth: {}}}}', 'an authenticator without a name can not be found at start'],
  ['{protocols: {http: {compression_algorithms: [gzip, foo]}}}', 'the collector fails on the first request'],
  [
    '{protocols: {grpc: {tls: {cert_file: a, key_file: b, min_version: "1.2", cipher_suites: [FOO], curve_preferences: [FOO]}}}}',
    'the collector fails at start',
  ],
  ['{endpoint: "a:1", compression: lz4}', 'lz4 is not for gRPC; the collector fails at start'],
  ['{endpoint: "a:1", tls: {reload_interval: -5s}}', 'a negative interval has no meaning'],
  ['{endpoint: "a:1", tls: {curve_preferences: [FOO]}}', 'the collector fails at start'],
  ['{endpoint: "a:1", tls: {tpm: {enabled: true}}}', 'keys in a TPM are not available here'],
  ['{endpoint: "http://a", proxy_url: "::"}', 'no URL; the collector fails at start'],
  ['{endpoint: "http://a", compression: lz4}', 'lz4 is not available here'],
  ['{endpoint: "http://a", foo: 1}', 'the collector v0.161 overlooks unknown keys beside its HTTP settings'],
  ['{directory: /tmp, max_size: 1.5}', 'the collector cuts the fraction off silently'],
  ['{logs: {level: 1}}', 'a level is a word; the collector takes its internal number'],
  [
    '{metrics: {level: detailed, views: [{selector: {instrument_type: foo}}]}}',
    'there is no such kind of instrument; the view would never apply',
  ],
]);

/** The collector parses these paths as URLs first; here a path is a path. It has no interval between syncs. */
const LAXER = new Set(['{directory: /tmp, fsync: 5s}', '{protocols: {http: {traces_url_path: ":invalid"}}}']);

function theirs(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(otelcol ?? '', ['validate', `--config=${file}`], (error) => resolve(error === null));
  });
}

const TABLES: readonly (readonly [string, readonly string[], (text: string) => Parts])[] = [
  ['the OTLP receiver', RECEIVER_CASES, (receiver) => ({ receiver })],
  ['the OTLP exporter for gRPC', GRPC_EXPORTER_CASES, (grpc) => ({ grpc })],
  ['the OTLP exporter for HTTP', HTTP_EXPORTER_CASES, (http) => ({ http })],
  ['file_storage', FILE_STORAGE_CASES, (storage) => ({ storage })],
  ['service.telemetry', TELEMETRY_CASES, (telemetry) => ({ telemetry })],
  ['the service', SERVICE_CASES, (service) => ({ service })],
];

for (const [name, cases, parts] of TABLES) {
  void test(`settings of ${name} are judged as the collector judges them`, { skip }, async () => {
    const differing: string[] = [];
    for (const [index, text] of cases.entries()) {
      const file = path.join(folder, `${name.replaceAll(/\W/g, '-')}-${index}.yaml`);
      writeFileSync(file, configuration(parts(text)));
      const { verdict, errors } = await verdictOn({ uris: [file], env: {} });
      const valid = await theirs(file);
      const stricter = STRICTER.has(text);
      if ((verdict === 'valid') === ((valid && !stricter) || LAXER.has(text))) continue;
      differing.push(
        `${text}: ours ${verdict} ${errors.map(String).join('; ')}, the collector's ${valid ? 'valid' : 'refused'}`,
      );
    }
    assert.deepEqual(differing, []);
  });
}
