// Prints batches as text, through the agent's log or to outputs of its own.

import { joinChunks, type Batch } from '../../pipeline/batch.ts';
import type { ComponentContext } from '../../pipeline/component.ts';
import { Rejected } from '../../pipeline/delivery.ts';
import type { Destination } from '../../pipeline/sending/exporter.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { REQUEST_MESSAGE } from '../../proto/descriptors.ts';
import { decodeMessage, type ProtoObject } from '../../proto/objects.ts';
import { MalformedProto } from '../../proto/wire.ts';
import type { DebugConfig } from './config.ts';
import { countsOf } from './counts.ts';
import { detailedText } from './detailed.ts';
import { normalText } from './normal.ts';
import { openOutput, type Output } from './outputs.ts';
import { Sampler } from './sampler.ts';

const TITLE: Readonly<Record<Signal, string>> = {
  traces: 'Traces',
  metrics: 'Metrics',
  logs: 'Logs',
  profiles: 'Profiles',
};

export class DebugDestination implements Destination {
  readonly #config: DebugConfig;
  readonly #context: ComponentContext;
  readonly #sampler: Sampler;
  readonly #outputs: Output[] = [];
  /** Outputs whose last write failed, so that a full disk is one line in the log. */
  readonly #failing = new Set<Output>();

  constructor(config: DebugConfig, context: ComponentContext) {
    this.#config = config;
    this.#context = context;
    this.#sampler = new Sampler({ initial: config.sampling_initial, thereafter: config.sampling_thereafter });
  }

  async start(): Promise<void> {
    const { use_internal_logger: usesLog, output_paths: paths = ['stdout'] } = this.#config;
    if (usesLog) return;
    for (const path of paths) this.#outputs.push(await openOutput(path));
  }

  async stop(): Promise<void> {
    for (const output of this.#outputs) await output.close();
  }

  /** Each batch is printed on its own, as it came. */
  mergeable(): boolean {
    return false;
  }

  async send(batch: Batch): Promise<void> {
    const { signal } = batch;
    const { verbosity } = this.#config;
    let request: ProtoObject;
    try {
      request = decodeMessage(REQUEST_MESSAGE[signal], joinChunks(batch));
    } catch (error) {
      if (!(error instanceof MalformedProto)) throw error;
      throw new Rejected(error.message, { count: batch.items, cause: error });
    }
    let text = this.#print(TITLE[signal], countsOf(signal, request));
    if (verbosity === 'normal') text += this.#print(normalText(signal, request));
    else if (verbosity === 'detailed') text += this.#print(detailedText(signal, request));
    if (text !== '') for (const output of this.#outputs) await this.#write(output, text);
  }

  /** Prints through the log, or gives what the outputs are to print. */
  #print(message: string, fields?: Readonly<Record<string, number>>): string {
    if (!this.#sampler.passes(message, this.#context.now())) return '';
    if (this.#config.use_internal_logger) {
      this.#context.log.info(fields ?? {}, message);
      return '';
    }
    // The logger of the collector prints fields as JSON with a blank after colon and comma.
    const context = fields
      ? `\t{${Object.entries(fields)
          .map(([key, value]) => `"${key}": ${value}`)
          .join(', ')}}`
      : '';
    return `${message}${context}\n`;
  }

  /** Never fails: an output that can not be written to is no reason to hold data up. */
  async #write(output: Output, text: string): Promise<void> {
    try {
      await output.write(text);
      this.#failing.delete(output);
    } catch (error) {
      if (this.#failing.has(output)) return;
      this.#failing.add(output);
      const reason = error instanceof Error ? error.message : String(error);
      this.#context.log.error({ path: output.path, error: reason }, 'Writing debug output failed');
    }
  }
}
