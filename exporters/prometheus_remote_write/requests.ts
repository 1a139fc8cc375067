// From what was collected of a batch to requests: series after series, each whole in one request of at most so many bytes,
// its samples in the order of time.

import { V2_MESSAGE, type RemoteWriteMessage } from '../../proto/prometheus/remote-write/fields.ts';
import { WriterV1 } from '../../proto/prometheus/remote-write/writer-v1.ts';
import { WriterV2 } from '../../proto/prometheus/remote-write/writer-v2.ts';
import type { RequestWriter } from '../../proto/prometheus/remote-write/writer.ts';
import type { Intake } from './intake.ts';
import type { OutSeries } from './series.ts';

/** A request's message, not compressed, and what it holds. */
export interface RemoteRequest {
  readonly message: Uint8Array;
  readonly series: number;
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  /** Points of OTLP whose series are in it, each counted in one request. */
  readonly points: number;
}

export class Requests {
  readonly #writer: RequestWriter;
  /** Of 1.0, where metadata is wanted; 2.0 says it with every series. */
  readonly #metadata: WriterV1 | undefined;
  readonly #maxBytes: number;
  readonly #samples = { samples: 0, histograms: 0, exemplars: 0, points: 0 };

  constructor(options: { message: RemoteWriteMessage; maxBytes: number; sendsMetadata: boolean }) {
    const isV2 = options.message === V2_MESSAGE;
    this.#writer = isV2 ? new WriterV2() : new WriterV1();
    this.#metadata = options.sendsMetadata && !isV2 ? new WriterV1() : undefined;
    this.#maxBytes = options.maxBytes;
  }

  /** The requests of the batch that `intake` has taken. */
  write(intake: Intake): RemoteRequest[] {
    const requests: RemoteRequest[] = [];
    const writer = this.#writer;
    const counts = this.#samples;
    for (const series of intake.collected.series) {
      const { samples, histograms, exemplars, points } = counts;
      this.#writeSeries(series, intake);
      if (writer.length <= this.#maxBytes || writer.seriesCount === 1) continue;
      // Too much with this one: it goes into the next.
      writer.undoSeries();
      Object.assign(counts, { samples, histograms, exemplars, points });
      requests.push(this.#finish());
      this.#writeSeries(series, intake);
    }
    if (writer.seriesCount > 0) requests.push(this.#finish());
    this.#writeMetadata(intake, requests);
    return requests;
  }

  #finish(): RemoteRequest {
    const counts = this.#samples;
    const series = this.#writer.seriesCount;
    const request = { message: this.#writer.finish(), series, ...counts };
    counts.samples = counts.histograms = counts.exemplars = counts.points = 0;
    return request;
  }

  #writeSeries(series: OutSeries, intake: Intake): void {
    const writer = this.#writer;
    const counts = this.#samples;
    const { collected, histograms } = intake;
    if (!series.isSorted) {
      const leftOut = Math.min(collected.sort(series), series.points);
      if (leftOut > 0) intake.drop('duplicate_sample', leftOut);
      series.points -= leftOut;
    }
    writer.beginSeries(series.labels, series.metadata);
    for (let sample = series.head; sample >= 0; sample = collected.next(sample)) {
      const timeMs = collected.timeMs(sample);
      const value = collected.value(sample);
      const length = collected.histogramLength(sample);
      if (length > 0) {
        writer.histogram(histograms.bytes, value, value + length, collected.startMs(sample));
        counts.histograms += 1;
      } else {
        writer.sample(value, collected.isStale(sample), timeMs, collected.startMs(sample));
        counts.samples += 1;
      }
    }
    const { exemplars } = series;
    if (exemplars) {
      exemplars.sort((a, b) => a.timeMs - b.timeMs);
      for (const { labels, value, timeMs } of exemplars) writer.exemplar(labels, value, timeMs);
      counts.exemplars += exemplars.length;
    }
    counts.points += series.points;
    writer.endSeries();
  }

  #writeMetadata({ families }: Intake, requests: RemoteRequest[]): void {
    const writer = this.#metadata;
    if (!writer) return;
    for (const [name, { metadata }] of families) {
      writer.metadata(name, metadata);
      if (writer.length >= this.#maxBytes) requests.push({ message: writer.finish(), ...NO_SERIES });
    }
    if (writer.length > 0) requests.push({ message: writer.finish(), ...NO_SERIES });
  }
}

const NO_SERIES = { series: 0, samples: 0, histograms: 0, exemplars: 0, points: 0 };
