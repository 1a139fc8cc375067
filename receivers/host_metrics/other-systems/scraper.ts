// A scraper on systems that are not Linux: one question, whose answer is written when it has come.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';

export interface OtherScraperOptions<Reading> {
  readonly type: string;
  readonly context: ScraperContext;
  /** Undefined where this system has nothing to say. */
  readonly read: () => Reading | undefined | Promise<Reading | undefined>;
  readonly write: (writer: MetricWriter, reading: Reading) => void;
}

/** Writes into the host's own resource. */
export class OtherScraper<Reading> implements Scraper {
  readonly #options: OtherScraperOptions<Reading>;
  #reading: Reading | undefined;
  #readAtMs = 0;

  constructor(options: OtherScraperOptions<Reading>) {
    this.#options = options;
  }

  async read(): Promise<void> {
    const { context, type, read } = this.#options;
    this.#reading = undefined;
    try {
      this.#reading = await read();
    } catch (error) {
      context.problems.noteError(type, error);
    }
    this.#readAtMs = context.now();
  }

  write(writer: MetricWriter): void {
    if (this.#reading === undefined) return;
    const { context, type, write } = this.#options;
    beginHost(writer, context, type, this.#readAtMs);
    write(writer, this.#reading);
  }

  close(): void {
    this.#reading = undefined;
  }
}
