// Prints batches, sampled as the collector's logger samples: so many equal messages a second, then every n-th.

import { createWriteStream, type WriteStream } from 'node:fs';
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

const TITLE: Readonly<Record<Signal, string>> = {
  traces: 'Traces',
  metrics: 'Metrics',
  logs: 'Logs',
  profiles: 'Profiles',
};

/** Different texts share this many counters, as in zap's sampler. */
const COUNTERS = 4096;
const TICK_MS = 1_000;

interface Output {
  write(text: string): unknown;
}

export class DebugDestination implements Destination {
  readonly #config: DebugConfig;
  readonly #context: ComponentContext;
  readonly #outputs: Output[] = [];
  readonly #files: WriteStream[] = [];
  readonly #seen = new Uint32Array(COUNTERS);
  #tickStartMs = 0;

  constructor(config: DebugConfig, context: ComponentContext) {
    this.#config = config;
    this.#context = context;
  }

  async start(): Promise<void> {
    const { use_internal_logger: usesLog, output_paths: paths = ['stdout'] } = this.#config;
    if (usesLog) return;
    for (const path of paths) {
      if (path === 'stdout') this.#outputs.push(process.stdout);
      else if (path === 'stderr') this.#outputs.push(process.stderr);
      else {
        const file = createWriteStream(path.replace(/^file:\/\//, ''), { flags: 'a' });
        await new Promise((resolve, reject) => file.once('open', resolve).once('error', reject));
        file.on('error', (error) =>
          this.#context.log.error({ path, error: error.message }, 'Writing debug output failed'),
        );
        this.#files.push(file);
        this.#outputs.push(file);
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#files.map((file) => new Promise((resolve) => file.end(resolve))));
  }

  /** Each batch is printed on its own, as it came. */
  mergeable(): boolean {
    return false;
  }

  send(batch: Batch): Promise<void> {
    const { signal } = batch;
    const { verbosity } = this.#config;
    let request: ProtoObject;
    try {
      request = decodeMessage(REQUEST_MESSAGE[signal], joinChunks(batch));
    } catch (error) {
      if (!(error instanceof MalformedProto)) throw error;
      return Promise.reject(new Rejected(error.message, { count: batch.items, cause: error }));
    }
    this.#print(TITLE[signal], countsOf(signal, request));
    if (verbosity === 'normal') this.#print(normalText(signal, request));
    else if (verbosity === 'detailed') this.#print(detailedText(signal, request));
    return Promise.resolve();
  }

  #print(message: string, fields?: Readonly<Record<string, number>>): void {
    if (!this.#passes(message)) return;
    if (this.#config.use_internal_logger) {
      this.#context.log.info(fields ?? {}, message);
      return;
    }
    // The logger of the collector prints fields as JSON with a blank after colon and comma.
    const context = fields
      ? `\t{${Object.entries(fields)
          .map(([key, value]) => `"${key}": ${value}`)
          .join(', ')}}`
      : '';
    for (const output of this.#outputs) output.write(`${message}${context}\n`);
  }

  #passes(message: string): boolean {
    const now = this.#context.now();
    if (now - this.#tickStartMs >= TICK_MS) {
      this.#tickStartMs = now;
      this.#seen.fill(0);
    }
    const counter = fnv1a(message) % COUNTERS;
    const nth = (this.#seen[counter] ?? 0) + 1;
    this.#seen[counter] = nth;
    const { sampling_initial: initial, sampling_thereafter: thereafter } = this.#config;
    if (nth <= initial) return true;
    return thereafter > 0 && (nth - initial) % thereafter === 0;
  }
}

/** FNV-1a, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
