// What a component under test is given: real admission, listeners, metrics and drops; only the log is kept quiet.

import { Admission } from '../../pipeline/admission.ts';
import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, ComponentKind, StatusName } from '../../pipeline/component.ts';
import type { ReleasableMetrics } from '../../pipeline/graph/running.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import type { DropRecord } from '../../pipeline/drops.ts';
import { SharedListenerPool } from '../../pipeline/listener-pool.ts';
import { OwnTelemetry } from '../../pipeline/own-telemetry/own-telemetry.ts';
import { ownResource } from '../../pipeline/own-telemetry/settings.ts';
import { sampleTraceIds } from '../../proto/trace-ids.ts';

export interface TestContext {
  readonly context: ComponentContext & { readonly metrics: ReleasableMetrics };
  readonly listeners: SharedListenerPool;
  readonly admission: Admission;
  readonly statuses: StatusName[];
  /** Set it to move time. */
  readonly clock: { now: number };
  readonly drops: () => readonly DropRecord[];
  /** The value of a series, 0 where there is none; labels that are given must match. */
  readonly metric: (name: string, labels?: Readonly<Record<string, string>>) => number;
}

export interface TestContextOptions {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly admittedBytes?: number;
  /** The real time instead of a clock that stands still. */
  readonly realTime?: boolean;
  readonly random?: () => number;
}

export function testContext(options: TestContextOptions): TestContext {
  const clock = { now: Date.UTC(2026, 0, 2) };
  const now = options.realTime === true ? Date.now : (): number => clock.now;
  const telemetry = new OwnTelemetry({
    settings: { logs: { output_paths: [] } },
    resource: ownResource({ version: '0', instanceId: 'test' }),
    now,
    sampleTraceIds,
  });
  const listeners = new SharedListenerPool();
  const admission = new Admission(options.admittedBytes ?? 64 << 20);
  const statuses: StatusName[] = [];
  const { kind, id } = options;
  return {
    context: {
      id,
      kind,
      log: telemetry.loggerFor({ kind, id }),
      metrics: telemetry.metricsFor(kind, id),
      drops: telemetry.drops,
      admission,
      listeners,
      now,
      steadyNow: now,
      random: options.random ?? (() => 0.5),
      status: (name) => statuses.push(name),
      extension: () => undefined,
    },
    listeners,
    admission,
    statuses,
    clock,
    drops: () => telemetry.drops.recent(),
    metric: (name, labels = {}) =>
      telemetry
        .figures()
        .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        .reduce((sum, one) => sum + one.value, 0),
  };
}

/** Keeps what it is given; `fail` makes the next batches fail. */
export class Collector implements Consumer {
  readonly batches: Batch[] = [];
  fail: ((batch: Batch) => Error | undefined) | undefined;
  /** Batches wait here while it is set. */
  gate: Promise<void> | undefined;

  async consume(batch: Batch): Promise<void> {
    if (this.gate) await this.gate;
    const error = this.fail?.(batch);
    if (error) throw error;
    this.batches.push(batch);
  }

  get items(): number {
    return this.batches.reduce((sum, batch) => sum + batch.items, 0);
  }
}

/** A promise and its ends. */
export function opened<T = void>(): { promise: Promise<T>; open: (value: T) => void; fail: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { promise, open: resolve, fail: reject };
}

export const SOON = (): AbortSignal => AbortSignal.timeout(5_000);
