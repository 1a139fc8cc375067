// The debug exporter beside a running collector: the same requests, the same text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { REQUEST_MESSAGE } from '../../proto/descriptors.ts';
import { decodeMessage } from '../../proto/objects.ts';
import { countItems } from '../../proto/otlp/count.ts';
import { detailedText } from '../../exporters/debug/detailed.ts';
import { normalText } from '../../exporters/debug/normal.ts';
import { countsOf } from '../../exporters/debug/counts.ts';
import { SIGNALS, type Signal } from '../../pipeline/signal.ts';
import { INPUTS } from '../exporters/debug/inputs.ts';
import { resolveReferences } from '../../proto/otlp/profile-references.ts';
import { requests } from '../proto/arbitrary.ts';
import { encode } from '../proto/reference.ts';
import { freePorts, Program } from '../support/agent.ts';
import { httpRequest } from '../support/http-request.ts';

const otelcol = process.env['OTELCOL'];
const skip = otelcol === undefined ? 'OTELCOL is not set (bench/otelcol/build.sh builds it)' : false;

const TITLES = { traces: 'Traces', metrics: 'Metrics', logs: 'Logs', profiles: 'Profiles' } as const;
const PATHS = {
  traces: '/v1/traces',
  metrics: '/v1/metrics',
  logs: '/v1/logs',
  profiles: '/v1development/profiles',
} as const;

/** What ours prints, without the sampler. */
function ours(signal: Signal, body: Uint8Array, verbosity: string): string {
  const bytes = signal === 'profiles' ? resolveReferences(body) : body;
  const request = decodeMessage(REQUEST_MESSAGE[signal], bytes);
  const counts = Object.entries(countsOf(signal, request)).map(([key, value]) => `"${key}": ${value}`);
  const text =
    verbosity === 'normal'
      ? normalText(signal, request)
      : verbosity === 'detailed'
        ? detailedText(signal, request)
        : undefined;
  return `${TITLES[signal]}\t{${counts.join(', ')}}\n${text === undefined ? '' : `${text}\n`}`;
}

/** Go's and V8's exponential functions differ in the last bit of some bucket bounds. */
function comparable(text: string): string[] {
  return text
    .replaceAll(/ le(-?[0-9.]+(?:e[+-]\d+)?)=/g, (_all, bound: string) => ` le${Number(bound).toPrecision(14)}=`)
    .split('\n');
}

const INDEX = (index: number): object => ({ stringValueStrindex: index });
const REFERENCES = [
  { keyStrindex: 1, value: INDEX(2) },
  { key: 'both', keyStrindex: 1, value: { stringValue: 'text' } },
  { keyStrindex: 3, value: { arrayValue: { values: [INDEX(1), INDEX(0), INDEX(99), { intValue: 1 }] } } },
  { key: 'map', value: { kvlistValue: { values: [{ keyStrindex: 2, value: INDEX(1) }, { keyStrindex: 99 }] } } },
  { keyStrindex: 99, value: INDEX(0) },
];
/** Profiles as a collector sends them on: the texts of attributes lie in the string table. */
const WITH_REFERENCES = {
  resourceProfiles: [
    {
      resource: { attributes: REFERENCES },
      scopeProfiles: [{ scope: { name: 's', attributes: REFERENCES }, profiles: [{ samples: [{}] }] }],
    },
  ],
  dictionary: { stringTable: ['', 'service.name', 'shop', 'list'] },
};

for (const verbosity of ['basic', 'normal', 'detailed']) {
  void test(`${verbosity} output is that of a running collector`, { skip }, async () => {
    const [port = 0] = await freePorts(1);
    const pipeline = { receivers: ['otlp'], exporters: ['debug'] };
    const collector = new Program({
      command: otelcol ?? '',
      args: ['--feature-gates=service.profilesSupport'],
      config: {
        receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
        exporters: { debug: { verbosity, use_internal_logger: false, sampling_initial: 1_000_000 } },
        service: {
          telemetry: { metrics: { level: 'none' } },
          pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline, profiles: pipeline },
        },
      },
    });
    await collector.said(/Everything is ready/);
    const samples: (readonly [Signal, Uint8Array])[] = Object.values(INPUTS).map(([signal, request]) => [
      signal,
      encode(signal, request),
    ]);
    samples.push(['profiles', encode('profiles', WITH_REFERENCES)]);
    // Arbitrary text has line breaks and worse in it, which both print as they are.
    for (const signal of SIGNALS) {
      for (const request of fc.sample(requests[signal], { seed: 41, numRuns: 25 }))
        samples.push([signal, encode(signal, request)]);
    }
    let expected = '';
    for (const [signal, body] of samples) {
      const { status } = await httpRequest(`http://127.0.0.1:${port}${PATHS[signal]}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body,
      });
      // A request without items goes no further than the receiver, in both.
      if (status === 200 && countItems(signal, body) > 0) expected += ours(signal, body, verbosity);
    }
    const { stdout } = await collector.stop();
    assert.deepEqual(comparable(stdout), comparable(expected));
  });
}
