// The agent's own traces as `service.telemetry.traces` has them: a tracer for the components, and where its spans go.

import { randomFillSync } from 'node:crypto';
import type { ComponentLogger } from '../telemetry.ts';
import type { ExportQueue } from './export-queue.ts';
import type { MetricStore } from './metric-store.ts';
import { propagatorOf } from './propagation.ts';
import type { Running } from './running.ts';
import { samplerOf } from './sampler.ts';
import type { OwnResource, TraceRules, TracesSettings } from './settings.ts';
import { fineClock, Tracer, type EndedSpan } from './tracer.ts';

export interface OwnTracesOptions {
  readonly settings: TracesSettings;
  readonly resource: OwnResource;
  readonly store: MetricStore;
  readonly log: ComponentLogger;
  readonly now: () => number;
}

export class OwnTraces implements Running {
  readonly tracer: Tracer;
  readonly #options: OwnTracesOptions;
  readonly #queues: ExportQueue<EndedSpan>[] = [];

  /** Fails with TELEMETRY_EXPORT. */
  constructor(options: OwnTracesOptions) {
    this.#options = options;
    this.tracer = tracerOf(options.settings, options.now, (span) => this.take(span));
  }

  /** What other threads' tracers need. */
  get rules(): TraceRules {
    const { propagators, sampler } = this.#options.settings;
    return { propagators, sampler };
  }

  /** A span that has ended, here or in another thread. */
  take(span: EndedSpan): void {
    for (const queue of this.#queues) queue.add(span);
  }

  /** Fails with TELEMETRY_EXPORT or TLS_MATERIAL. */
  async start(): Promise<void> {
    const { settings, resource, store, log } = this.#options;
    const { startSpanExport } = await import('./span-export.ts');
    const lost = store.counter(
      this,
      { name: 'genesis_own_spans_lost', help: "The agent's own spans that could not be exported.", unit: '{span}' },
      {},
    );
    for (const processor of settings.processors ?? []) {
      this.#queues.push(await startSpanExport(processor, { resource, log, lost }));
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.stop(deadline)));
  }
}

/** As in the collector, traces are off at level none and where nobody takes them. */
export function recordsTraces({ level, processors = [] }: TracesSettings): boolean {
  return level !== 'none' && processors.length > 0;
}

/** `take` gets every recorded span when it ends. Fails with TELEMETRY_EXPORT. */
export function tracerOf(settings: TraceRules, now: () => number, take: (span: EndedSpan) => void): Tracer {
  return new Tracer({
    sampler: samplerOf(settings.sampler),
    propagator: propagatorOf(settings.propagators ?? []),
    now: fineClock(now, () => performance.now()),
    randomHex: pooledRandomHex(),
    take,
  });
}

const POOL_BYTES = 4_096;

/** Random bytes as hexadecimal digits. Asking for a few costs more than making them, so many are asked for at a time. */
function pooledRandomHex(): (bytes: number) => string {
  const pool = Buffer.allocUnsafe(POOL_BYTES);
  let at = POOL_BYTES;
  return (bytes) => {
    if (at + bytes > POOL_BYTES) {
      randomFillSync(pool);
      at = 0;
    }
    at += bytes;
    return pool.toString('hex', at - bytes, at);
  };
}
