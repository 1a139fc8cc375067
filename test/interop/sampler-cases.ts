// What the probabilistic sampler is compared on: settings, and spans and records with every kind of sampling information.

import { attributes } from '../support/processor.ts';
import type { ProcessorCase } from './through-collector.ts';

/** Ids spread over all values, the same in every run. */
function id(index: number, bytes: number): string {
  let digits = '';
  let state = Math.imul(index + 1, 0x9e37_79b1) >>> 0;
  for (let byte = 0; byte < bytes; byte++) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + byte) >>> 0;
    digits += (state >>> 24).toString(16).padStart(2, '0');
  }
  return digits;
}

const TRACE_STATES = [
  '',
  'ot=rv:abcdefabcdefab',
  'ot=rv:ABCDEFabcdef00;th:8',
  'ot=th:c',
  'ot=th:0',
  'ot=th:8;rv:00000000000001',
  'ot=rv:ffffffffffffff;th:ffffffffffffff',
  'ot=xx:y;th:4;zz:.-_Q,vendor=a b',
  'vendor=1, other@sys=2',
  'vendor=1,',
  'ot=rv:short',
  'ot=th:',
  'ot=th:zz',
  'ot=th:4;;rv:abcdefabcdefab',
  'ot=',
  'Upper=1',
  'a=b=c',
  'k=trailing ',
  '1ten@ant=x',
  'ot=rv:abcdefabcdefab,ot=th:2',
  `long=${'x'.repeat(256)}`,
  `long=${'x'.repeat(257)}`,
  Array.from({ length: 31 }, (_, index) => `k${index}=v`).join(','),
  Array.from({ length: 32 }, (_, index) => `k${index}=v`).join(','),
  `${'k'.repeat(257)}=v,ot=th:4`,
  `${'t'.repeat(242)}@s=v`,
  `t@${'s'.repeat(15)}=v`,
  Array.from({ length: 5 }, (_, index) => `k${index}=${'v'.repeat(220)}`).join(','),
];

const PRIORITIES: readonly unknown[] = [0, 1, -1, 0.5, 0.1 - 0.1, '0', '1.5', 'inf', 'x', true, [1]];

const spans: object[] = [];
for (let index = 0; index < 60; index++)
  spans.push({ traceId: id(index, 16), spanId: id(index, 8), name: `id ${index}` });
for (const [index, traceState] of TRACE_STATES.entries()) {
  for (const offset of [1000, 2000, 3000]) {
    spans.push({ traceId: id(index + offset, 16), spanId: id(index, 8), traceState, name: `state ${index} ${offset}` });
  }
  spans.push({ spanId: id(index, 8), traceState, name: `state ${index} without id` });
}
for (const [index, priority] of PRIORITIES.entries()) {
  for (const traceState of ['', 'ot=th:c', 'ot=rv:00000000000001;th:8', 'ot=th:zz']) {
    spans.push({
      traceId: id(index + 4000, 16),
      spanId: id(index, 8),
      traceState,
      attributes: attributes({ 'sampling.priority': priority }),
      name: `priority ${index} ${traceState}`,
    });
  }
}

const records: object[] = [];
const RECORD_ATTRIBUTES: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { 'record.id': 'abc' },
  { 'record.id': '' },
  { 'record.id': 77 },
  { 'record.id': true },
  { 'record.id': 1.25 },
  { 'record.id': { b: 1, a: [1, 'x'] } },
  { 'sampling.randomness': 'abcdefabcdefab' },
  { 'sampling.randomness': 'abc' },
  { 'sampling.randomness': 5 },
  { 'sampling.threshold': 'c' },
  { 'sampling.threshold': '' },
  { 'sampling.threshold': 'zz' },
  { 'sampling.threshold': '8', 'sampling.randomness': '00000000000001' },
  { 'sampling.threshold': '4', 'sampling.randomness': 'f0000000000000', other: 1 },
  { priority: 100 },
  { priority: 50 },
  { priority: 0 },
  { priority: 0.5 },
  { priority: -3 },
  { priority: 200 },
  { priority: '100' },
];
for (const [index, entries] of RECORD_ATTRIBUTES.entries()) {
  const body = { stringValue: `record ${index}` };
  for (const offset of [5000, 6000, 7000]) {
    records.push({ traceId: id(index + offset, 16), body, attributes: attributes(entries) });
  }
  records.push({ body, attributes: attributes(entries) });
}
for (let index = 0; index < 40; index++) {
  records.push({ body: { stringValue: `numbered ${index}` }, attributes: attributes({ 'record.id': `r-${index}` }) });
}

export const SAMPLER_REQUESTS = {
  traces: [
    { resourceSpans: [{ scopeSpans: [{ spans }] }] },
    { resourceSpans: [{ scopeSpans: [{ scope: { name: 'empty' } }] }] },
  ],
  logs: [{ resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] }],
};

const SPAN_SETTINGS = [
  '{}',
  '{sampling_percentage: 25}',
  '{sampling_percentage: 33.3, hash_seed: 22}',
  '{sampling_percentage: 0.001}',
  '{sampling_percentage: 100}',
  '{sampling_percentage: 250, hash_seed: 4294967295}',
  '{sampling_percentage: 50, fail_closed: false}',
  '{sampling_percentage: 0, fail_closed: false}',
  '{sampling_percentage: 50, mode: hash_seed, fail_closed: false, hash_seed: 7}',
  '{sampling_percentage: 25, mode: proportional}',
  '{sampling_percentage: 33.3, mode: proportional, sampling_precision: 1, fail_closed: false}',
  '{sampling_percentage: 66.7, mode: proportional, sampling_precision: 14}',
  '{sampling_percentage: 100, mode: proportional, fail_closed: false}',
  '{sampling_percentage: 99.9, mode: proportional}',
  '{sampling_percentage: 1.0e-14, mode: proportional, fail_closed: false}',
  '{sampling_percentage: 25, mode: equalizing}',
  '{sampling_percentage: 75, mode: equalizing, fail_closed: false, sampling_precision: 3}',
  '{sampling_percentage: 0.07, mode: equalizing, sampling_precision: 2}',
];

const LOG_SETTINGS = [
  '{}',
  '{sampling_percentage: 40}',
  '{sampling_percentage: 40, from_attribute: record.id}',
  '{sampling_percentage: 40, from_attribute: record.id, attribute_source: record, hash_seed: 3}',
  '{sampling_percentage: 40, from_attribute: record.id, attribute_source: record, fail_closed: false}',
  '{sampling_percentage: 20, sampling_priority: priority}',
  '{sampling_percentage: 20, sampling_priority: priority, fail_closed: false, mode: equalizing}',
  '{sampling_percentage: 60, mode: equalizing}',
  '{sampling_percentage: 30, mode: proportional, sampling_priority: priority}',
  '{sampling_percentage: 30, mode: proportional, fail_closed: false}',
];

export const SAMPLER_CASES: readonly ProcessorCase[] = [
  ...SPAN_SETTINGS.map((settings) => ({ signal: 'traces', type: 'probabilistic_sampler', settings }) as const),
  ...LOG_SETTINGS.map((settings) => ({ signal: 'logs', type: 'probabilistic_sampler', settings }) as const),
];

/** What is left of requests: for each item kept, what it is and the sampling information written in it. */
export function outcomeOf(signal: ProcessorCase['signal'], requests: readonly unknown[]): string[] {
  const lines: string[] = [];
  visit(requests, (item) => {
    if (signal === 'traces' && typeof item['spanId'] !== 'undefined') {
      lines.push(`${text(item['name'])} | ${hex(item['traceId']).slice(-14)} | ${text(item['traceState'])}`);
    }
    if (signal === 'logs' && item['body'] !== undefined) {
      const notes = Object.entries(plainAttributes(item)).filter(([key]) => key.startsWith('sampling.'));
      lines.push(`${JSON.stringify(item['body'])} | ${hex(item['traceId']).slice(-14)} | ${JSON.stringify(notes)}`);
    }
  });
  return lines;
}

function visit(value: unknown, see: (item: Readonly<Record<string, unknown>>) => void): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, see);
  } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    const item = { ...value };
    see(item);
    for (const inner of Object.values(item)) visit(inner, see);
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function hex(bytes: unknown): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : '';
}

function plainAttributes(item: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { attributes: list } = item;
  if (!Array.isArray(list)) return {};
  const entries = list.map((one: { key: string; value: unknown }): [string, unknown] => [one.key, one.value]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
