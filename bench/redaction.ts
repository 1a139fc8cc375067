// How many texts of 270 bytes the redaction processor looks at: alone, and in a whole agent beside the
// collector's. Per second of CPU time, so that what else runs on the machine counts little.
// Run: node bench/redaction.ts [--seconds 3]; the collector is the one OTELCOL names or bench/otelcol/build.sh built.

import { parseArgs } from 'node:util';
import { batchOf } from '../pipeline/batch.ts';
import redaction from '../processors/redaction/index.ts';
import { encode } from '../test/proto/reference.ts';
import { freePorts } from '../test/support/agent.ts';
import { running } from '../test/support/processor.ts';
import { ourContender, peerContender, startContender, type Contender } from './pipeline/contender.ts';
import { usageOf } from './pipeline/process-tree.ts';
import { httpLoad } from './pipeline/http-load.ts';
import { RECORDS_PER_REQUEST, TEXT_BYTES, textRequests } from './redaction-texts.ts';

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const SECONDS = Number(options.seconds);
const ROUNDS = 5;
const CONNECTIONS = 8;

const PATTERNS = [
  String.raw`\b(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14})\b`,
  String.raw`[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}`,
  String.raw`(?i)bearer\s+[a-z0-9._~+/-]{20,}=*`,
];
const HASH = { hash_function: 'hmac-sha256', hmac_key: 'k'.repeat(32) };
const DETECT = ['credit_card', 'email', 'ip_address', 'token'];

const CASES: readonly (readonly [name: string, settings: object, share: number])[] = [
  ['3 blocked_values, one text in twenty matches', { blocked_values: PATTERNS }, 1 / 20],
  ['3 blocked_values, none matches', { blocked_values: PATTERNS }, 0],
  ['3 blocked_values, every second text matches', { blocked_values: PATTERNS }, 1 / 2],
  ['3 blocked_values, HMAC, summary', { blocked_values: PATTERNS, ...HASH, summary: 'debug' }, 1 / 20],
  ['detect: all four, one text in twenty', { detect: DETECT }, 1 / 20],
];

const requestsOf = (share: number): Uint8Array[] => textRequests(share).map((request) => encode('logs', request));

async function alone(): Promise<void> {
  console.log(
    `\nThe processor alone, ${RECORDS_PER_REQUEST} log bodies of ${TEXT_BYTES} B a batch, median of ${ROUNDS}, texts per second of CPU time:`,
  );
  for (const [name, settings, share] of CASES) {
    const { processor, next } = running(redaction, JSON.stringify({ allow_all_keys: true, ...settings }), 'logs');
    const batches = requestsOf(share).map((bytes) => batchOf('logs', bytes, RECORDS_PER_REQUEST));
    const rates: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const until = Date.now() + (SECONDS * 1000) / ROUNDS;
      const before = process.cpuUsage();
      let texts = 0;
      while (Date.now() < until) {
        for (const batch of batches) await processor.consume(batch);
        texts += batches.length * RECORDS_PER_REQUEST;
        next.batches.length = 0;
      }
      const { user, system } = process.cpuUsage(before);
      // The first round is for the compiler.
      if (round > 0) rates.push(texts / ((user + system) / 1e6));
    }
    console.log(`  ${name}: ${inThousands(median(rates))}`);
  }
}

function configuration(port: number, processors: object): object {
  const names = Object.keys(processors);
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    processors,
    exporters: { nop: {} },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { logs: { receivers: ['otlp'], processors: names, exporters: ['nop'] } },
    },
  };
}

/** Texts per second of CPU time of a whole agent that does nothing else. */
async function inAgent(contender: Contender, processors: object, bodies: readonly Uint8Array[]): Promise<number> {
  const [port = 0] = await freePorts(1);
  await using agent = await startContender(contender, configuration(port, processors));
  const load = httpLoad({ port, path: '/v1/logs' }, bodies, CONNECTIONS);
  try {
    await load.send(SECONDS / 2);
    const before = usageOf(agent.pid).cpuSeconds;
    const sent = await load.send(SECONDS);
    return (sent * RECORDS_PER_REQUEST) / (usageOf(agent.pid).cpuSeconds - before);
  } finally {
    load.close();
  }
}

async function beside(): Promise<void> {
  const peer = peerContender();
  console.log('\nA whole agent, OTLP/HTTP in, redaction, nothing out; texts per second of CPU time:');
  if (!peer) console.log('  no collector to compare with: OTELCOL is not set and bench/otelcol/build.sh has not run');
  const bodies = requestsOf(1 / 20);
  const settings = { redaction: { allow_all_keys: true, blocked_values: PATTERNS } };
  for (const [name, processors] of [
    ['3 blocked_values', settings],
    ['without redaction', {}],
  ] as const) {
    const ours = await inAgent(ourContender('source'), processors, bodies);
    const theirs = peer === undefined ? Number.NaN : await inAgent(peer, processors, bodies);
    const ratio = peer === undefined ? '' : `, otelcol ${inThousands(theirs)}, ratio ${(ours / theirs).toFixed(2)}`;
    console.log(`  ${name}: genesis-agent ${inThousands(ours)}${ratio}`);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function inThousands(value: number): string {
  return `${Math.round(value / 1000)}k`;
}

console.log(`node ${process.version}`);
await alone();
await beside();
process.exit(0);
