// What the exporter says about itself, under the collector's names.

import type { BoundCounter, ComponentMetrics } from '../../pipeline/telemetry.ts';
import type { Amounts } from './answers.ts';
import type { PackedRequest } from './conversion.ts';

const PREFIX = 'otelcol_exporter_prometheusremotewrite_';

export class RemoteWriteMetrics {
  readonly #translated: BoundCounter;
  readonly #failed: BoundCounter;
  readonly #sent: BoundCounter;
  readonly #samples: BoundCounter;
  readonly #histograms: BoundCounter;
  readonly #exemplars: BoundCounter;

  constructor(
    metrics: ComponentMetrics,
    endpoint: string,
    figures: { readonly parallel: number; readonly deltaSeries: () => number },
  ) {
    const labels = { endpoint };
    const counter = (name: string, help: string): BoundCounter =>
      metrics.counter({ name: PREFIX + name, help, labels });
    this.#translated = counter('translated_time_series', 'Series that batches were translated to.');
    this.#failed = counter('failed_translations', 'Batches of which some points could not be translated.');
    this.#sent = counter('sent_batches', 'Requests to the destination, whatever came of them.');
    this.#samples = counter('written_samples', 'Samples that a destination of remote write 2.0 says it wrote.');
    this.#histograms = counter(
      'written_histograms',
      'Histograms that a destination of remote write 2.0 says it wrote.',
    );
    this.#exemplars = counter('written_exemplars', 'Exemplars that a destination of remote write 2.0 says it wrote.');
    metrics.gauge(
      { name: `${PREFIX}consumers`, help: 'Requests of one batch under way at most.', labels },
      () => figures.parallel,
    );
    metrics.gauge(
      { name: `${PREFIX}delta_series`, help: 'Series whose deltas are added up.', labels },
      figures.deltaSeries,
    );
  }

  converted(requests: readonly PackedRequest[], hasDropped: boolean): void {
    let series = 0;
    for (const request of requests) series += request.series;
    this.#translated.add(series);
    if (hasDropped) this.#failed.add(1);
  }

  sent(): void {
    this.#sent.add(1);
  }

  written({ samples, histograms, exemplars }: Amounts): void {
    this.#samples.add(samples);
    this.#histograms.add(histograms);
    this.#exemplars.add(exemplars);
  }
}
