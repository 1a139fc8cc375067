// The file exporter against otelcol's: the same requests, in every format, decoded to the same. Needs OTELCOL.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { parse } from 'yaml';
import file from '../../exporters/file/index.ts';
import { batchOf, withChunks, type Batch } from '../../pipeline/batch.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { jsonToProto } from '../../proto/json/decode.ts';
import { resolveReferences } from '../../proto/otlp/profile-references.ts';
import { SOON, testContext } from '../support/context.ts';
import { batchOfJson, decoded, normalised } from '../support/processor.ts';
import { EDIT_REQUESTS, PROFILE_REQUESTS } from './edit-cases.ts';
import { freePort, listening, post } from './through-collector.ts';

const otelcol = process.env['OTELCOL'];
const skip = otelcol === undefined ? 'OTELCOL does not name a collector to compare with' : false;
const folder = mkdtempSync(path.join(os.tmpdir(), 'file-interop-'));
after(() => rmSync(folder, { recursive: true }));

const FORMATS: readonly (readonly [string, string])[] = [
  ['json', '{}'],
  ['proto', '{format: proto}'],
  ['json-zstd', '{compression: zstd}'],
  ['proto-zstd', '{format: proto, compression: zstd}'],
];
const SIGNALS = ['traces', 'metrics', 'logs', 'profiles'] as const;
const REQUESTS = { ...EDIT_REQUESTS, ...PROFILE_REQUESTS };

/** The requests in a file of this format. */
function requestsIn(place: string, format: string, signal: (typeof SIGNALS)[number]): unknown[] {
  const bytes = readFileSync(place);
  let records: Buffer[] = [];
  if (format === 'json')
    records = bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => Buffer.from(line));
  else {
    for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) {
      records.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)));
    }
  }
  return records.map((record) => {
    const message = format.endsWith('zstd') ? zstdDecompressSync(record) : record;
    const request = format.startsWith('json') ? jsonToProto(signal, message) : message;
    return normalised(decoded(batchOf(signal, request, 1)));
  });
}

/** A batch as the receiver makes it. */
function received(signal: Signal, request: object): Batch {
  const batch = batchOfJson(signal, request);
  return signal === 'profiles' ? withChunks(batch, batch.chunks.map(resolveReferences), batch.items) : batch;
}

async function writeTheirs(): Promise<void> {
  const port = await freePort();
  const names = SIGNALS.flatMap((signal) => FORMATS.map(([name, settings]) => ({ signal, name, settings })));
  const exporters = names.map(({ signal, name, settings }) => {
    // Safe: the settings above are maps.
    const section = { ...(parse(settings) as object), path: path.join(folder, `theirs-${signal}-${name}`) };
    return `  file/${signal}-${name}: ${JSON.stringify(section)}`;
  });
  const pipelines = names.map(
    ({ signal, name }) => `    ${signal}/${name}: {receivers: [otlp], exporters: [file/${signal}-${name}]}`,
  );
  const place = path.join(folder, 'config.yaml');
  writeFileSync(
    place,
    `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"}}}}
exporters:
${exporters.join('\n')}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
${pipelines.join('\n')}
`,
  );
  const child = spawn(otelcol ?? '', [`--config=${place}`, '--feature-gates=service.profilesSupport'], {
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  try {
    await listening(port, () => (child.exitCode === null ? undefined : 'see its output'));
    for (const signal of SIGNALS) for (const request of REQUESTS[signal]) await post(port, signal, request);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

void test('the file exporter writes what the collector writes', { skip }, async (context) => {
  await writeTheirs();
  for (const signal of SIGNALS) {
    for (const [name, settings] of FORMATS) {
      const place = path.join(folder, `ours-${signal}-${name}`);
      // Safe: the settings above are maps.
      const section = { ...(parse(settings) as object), path: place };
      const exporter = file.create(file.config.parse(section), testContext({ kind: 'exporter', id: 'file' }).context);
      await exporter.start();
      for (const request of REQUESTS[signal]) await exporter.consume(received(signal, request));
      await exporter.stop(SOON());
      const theirs = requestsIn(path.join(folder, `theirs-${signal}-${name}`), name, signal);
      await context.test(`${signal} as ${name}`, () => {
        assert.ok(theirs.length > 0);
        assert.deepEqual(requestsIn(place, name, signal), theirs);
      });
    }
  }
});
