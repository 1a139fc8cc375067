// Exemplars of remote write as OTLP's. Prometheus sends some in series of their own, without samples: those wait until the
// series' point of the same request is written.

import type { WriteRequestReader } from '../../proto/prometheus/remote-write/reader.ts';
import { readDouble } from '../../proto/wire.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import type { Groups } from './groups.ts';
import { unixNano } from './times.ts';

/** Fields of OTLP's Exemplar. */
const EXEMPLAR = { timeUnixNano: 2, asDouble: 3, spanId: 4, traceId: 5, filteredAttributes: 7 } as const;

/** Writes exemplar `index` of the reader's current series as field `field`; false where it can not be read. */
export function writeExemplar(
  out: ProtoWriter,
  field: number,
  reader: WriteRequestReader,
  index: number,
  groups: Groups,
): boolean {
  if (!reader.exemplar(index)) return false;
  const time = unixNano(reader.exemplarMs);
  const { exemplarLabels: labels, symbols } = reader;
  const { broken } = symbols;
  if (time === undefined || (broken.size > 0 && labels.some((symbol) => broken.has(symbol)))) return false;
  const mark = out.begin(field, 100);
  out.fixed64Field(EXEMPLAR.timeUnixNano, time);
  out.doubleField(EXEMPLAR.asDouble, reader.exemplarValueAt < 0 ? 0 : readDouble(reader.bytes, reader.exemplarValueAt));
  for (let at = 0; at < labels.length; at += 2) {
    const [name, value] = [labels[at] as number, labels[at + 1] as number]; // safe: an even number of them
    const id = idOf(reader, name, value);
    if (id) out.bytesField(id.length === 16 ? EXEMPLAR.traceId : EXEMPLAR.spanId, id);
    else groups.attribute(out, EXEMPLAR.filteredAttributes, name, value);
  }
  out.end(mark);
  return true;
}

const TRACE_ID = Buffer.from('trace_id');
const SPAN_ID = Buffer.from('span_id');

/** A trace or span id where the label is one and its value is whole and not zero, as in the collector. */
function idOf({ symbols, bytes }: WriteRequestReader, name: number, value: number): Buffer | undefined {
  const length = symbols.is(name, TRACE_ID) ? 16 : symbols.is(name, SPAN_ID) ? 8 : 0;
  if (length === 0 || symbols.lengthOf(value) !== length * 2) return undefined;
  const start = symbols.starts[value] ?? 0;
  const id = Buffer.from(Buffer.from(bytes.subarray(start, start + length * 2)).toString('latin1'), 'hex');
  return id.length === length && id.some((byte) => byte !== 0) ? id : undefined;
}

/** Exemplars that came without a point, by series. */
export class WaitingExemplars {
  /** By a series' number (`Groups.fold` of its labels): encoded Exemplars, as field 1. */
  readonly #bySeries = new Map<number, Uint8Array[]>();
  readonly #writer = new ProtoWriter(256);

  get size(): number {
    return this.#bySeries.size;
  }

  clear(): void {
    this.#bySeries.clear();
  }

  /** Keeps those of the reader's current series; how many it could not read. */
  keep(series: number, reader: WriteRequestReader, groups: Groups): number {
    let broken = 0;
    const kept = this.#bySeries.get(series) ?? [];
    for (let index = 0; index < reader.exemplarCount; index++) {
      this.#writer.clear();
      // Field 1 takes one byte, as all fields do that exemplars have in points.
      if (writeExemplar(this.#writer, 1, reader, index, groups)) kept.push(this.#writer.finish());
      else broken++;
    }
    this.#bySeries.set(series, kept);
    return broken;
  }

  /** Writes those of a series as field `field` and forgets them; how many there were. */
  write(out: ProtoWriter, field: number, series: number): number {
    const waiting = this.#bySeries.get(series);
    if (waiting === undefined) return 0;
    this.#bySeries.delete(series);
    for (const exemplar of waiting) {
      out.tag(field, 2);
      out.raw(exemplar, 1);
    }
    return waiting.length;
  }

  /** Those that found no point. */
  left(): number {
    let count = 0;
    for (const waiting of this.#bySeries.values()) count += waiting.length;
    return count;
  }
}
