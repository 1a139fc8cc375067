// Measures memory on an interval, forces collections above the limits, and says whether data has to be refused. Memory is
// the process's: all processors of one configuration share one watch, so that it is measured and collected once.

import type { ComponentContext } from '../../pipeline/component.ts';
import type { MemoryLimiterConfig } from './config.ts';
import { GcPacing, type MemoryState } from './gc-pacing.ts';
import { collectGarbage, limitBytesOf, usedBytes } from './memory.ts';

const MIB = 2 ** 20;

/** A processor that wants to know. */
export interface Watcher {
  readonly context: ComponentContext;
  refusingChanged(isRefusing: boolean): void;
}

const watches = new WeakMap<MemoryLimiterConfig, MemoryWatch>();

/** The watch of this configuration. It begins with its first watcher and ends with its last. */
export function memoryWatchOf(config: MemoryLimiterConfig): MemoryWatch {
  let watch = watches.get(config);
  if (!watch) {
    watch = new MemoryWatch(config);
    watches.set(config, watch);
  }
  return watch;
}

export class MemoryWatch {
  readonly #config: MemoryLimiterConfig;
  readonly #hardBytes: number;
  readonly #softBytes: number;
  readonly #pacing: GcPacing;
  readonly #watchers = new Set<Watcher>();
  #timer: NodeJS.Timeout | undefined;
  #isRefusing = false;
  #usedBytes = 0;

  constructor(config: MemoryLimiterConfig) {
    this.#config = config;
    const { hardBytes, softBytes } = limitBytesOf(config);
    this.#hardBytes = hardBytes;
    this.#softBytes = softBytes;
    this.#pacing = new GcPacing(config);
  }

  get isRefusing(): boolean {
    return this.#isRefusing;
  }

  /** For messages and logs. */
  get usedMib(): number {
    return Math.round(this.#usedBytes / MIB);
  }

  get softMib(): number {
    return Math.round(this.#softBytes / MIB);
  }

  begin(watcher: Watcher): void {
    this.#watchers.add(watcher);
    if (this.#watchers.size > 1) {
      if (this.#isRefusing) watcher.refusingChanged(true);
      return;
    }
    watcher.context.log.info(
      { limit_mib: Math.round(this.#hardBytes / MIB), soft_limit_mib: this.softMib },
      'Memory limiter configured',
    );
    this.#timer = setInterval(() => this.#check(), this.#config.check_interval).unref();
    this.#check();
  }

  end(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    clearInterval(this.#timer);
    this.#isRefusing = false;
  }

  #check(): void {
    const [first] = this.#watchers;
    if (!first) return;
    const { context } = first;
    let state = this.#measure(context);
    this.#pacing.measured(state);
    const isDue = this.#pacing.isDue(state.usedBytes >= this.#hardBytes, context.steadyNow());
    if (state.isAboveSoft && isDue) {
      collectGarbage();
      state = this.#measure(context);
      if (!this.#pacing.collected(state, context.steadyNow()))
        context.log.warn(this.#figures(), 'A forced collection freed little memory. The next ones will be rarer.');
    }
    if (state.isAboveSoft === this.#isRefusing) return;
    this.#isRefusing = state.isAboveSoft;
    if (this.#isRefusing) context.log.warn(this.#figures(), 'Memory usage is above the soft limit. Refusing data.');
    else context.log.info(this.#figures(), 'Memory usage back within limits. Resuming normal operation.');
    for (const watcher of this.#watchers) watcher.refusingChanged(this.#isRefusing);
  }

  #measure({ admission }: ComponentContext): MemoryState {
    this.#usedBytes = usedBytes();
    return {
      usedBytes: this.#usedBytes,
      isAboveSoft: this.#usedBytes >= this.#softBytes,
      heldBytes: admission.usedBytes,
    };
  }

  #figures(): { readonly used_mib: number; readonly limit_mib: number } {
    return { used_mib: this.usedMib, limit_mib: this.softMib };
  }
}
