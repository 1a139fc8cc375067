// What a discovery finds, to wait for, and what it logs.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ComponentLogger } from '../../../../pipeline/telemetry.ts';
import type { Discovery, TargetGroup } from '../../../../receivers/prometheus/discovery/discovery.ts';

const PATIENCE_MS = 2_500;

/** The addresses by source, and the log's warnings and notes, in order. */
export class Watching {
  readonly groups = new Map<string, readonly TargetGroup[]>();
  readonly logged: string[] = [];
  calls = 0;

  readonly log: ComponentLogger = {
    debug: () => undefined,
    info: (fields, message) => this.logged.push(`info ${message} ${JSON.stringify(fields)}`),
    warn: (fields, message) => this.logged.push(`warn ${message} ${JSON.stringify(fields)}`),
    error: (fields, message) => this.logged.push(`error ${message} ${JSON.stringify(fields)}`),
  };

  async start(discovery: Discovery): Promise<void> {
    await discovery.start((source, groups) => {
      this.calls += 1;
      if (groups.length === 0) this.groups.delete(source);
      else this.groups.set(source, groups);
    });
  }

  get addresses(): string[] {
    return [...this.groups.values()]
      .flatMap((groups) => groups.flatMap(({ targets }) => targets.map((target) => target.get('__address__') ?? '')))
      .toSorted();
  }

  /** Waits for these addresses. */
  async finds(...addresses: readonly string[]): Promise<void> {
    await this.until(() => this.addresses.join() === addresses.toSorted().join(), `addresses ${addresses.join(', ')}`);
  }

  async logs(pattern: RegExp): Promise<void> {
    await this.until(() => this.logged.some((line) => pattern.test(line)), `log line ${pattern}`);
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      assert.ok(
        performance.now() < end,
        `no ${what}; there is ${this.addresses.join(', ')}; log ${this.logged.join('\n')}`,
      );
      await sleep(5);
    }
  }
}
