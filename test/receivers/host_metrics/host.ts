// What tests of the host_metrics receiver share: one scrape of a tree, and the settings with which the collector's scrape of
// the same tree was recorded.

import { fileURLToPath } from 'node:url';
import declaration from '../../../receivers/host_metrics/index.ts';
import type { HostMetricsConfig } from '../../../receivers/host_metrics/config.ts';
import type { Batch } from '../../../pipeline/batch.ts';
import type { Receiver } from '../../../pipeline/component.ts';
import type { Consumer } from '../../../pipeline/delivery.ts';
import { HostMetricsReceiver, type HostOptions } from '../../../receivers/host_metrics/receiver.ts';
import { flatPoints, type FlatPoint } from '../../support/flat-metrics.ts';
import { testContext, type TestContext } from '../../support/context.ts';
import { CPU_METRICS } from '../../../receivers/host_metrics/scrapers/cpu.ts';
import { DISK_METRICS } from '../../../receivers/host_metrics/scrapers/disk.ts';
import { LOAD_METRICS } from '../../../receivers/host_metrics/scrapers/load.ts';
import { MEMORY_METRICS } from '../../../receivers/host_metrics/scrapers/memory-metrics.ts';
import { NETWORK_METRICS } from '../../../receivers/host_metrics/scrapers/network-metrics.ts';
import { PAGING_METRICS } from '../../../receivers/host_metrics/scrapers/paging.ts';
import { PROCESS_METRICS } from '../../../receivers/host_metrics/scrapers/process-metrics.ts';
import type { MetricDefinitions } from '../../../receivers/host_metrics/metric.ts';

export function tree(name: string): string {
  return fileURLToPath(new URL(`../../data/host-metrics/${name}`, import.meta.url));
}

export interface Scraping extends AsyncDisposable {
  readonly receiver: Receiver;
  readonly test: TestContext;
  /** The next batch, flat; waits for it. */
  next(): Promise<readonly FlatPoint[]>;
}

/** Starts a receiver at once; `section` as in YAML. */
export async function scraping(section: object, options: HostOptions = {}): Promise<Scraping> {
  const test = testContext({ kind: 'receiver', id: 'host_metrics', realTime: true });
  const batches: Batch[] = [];
  let arrived = Promise.withResolvers<void>();
  const configuration: HostMetricsConfig = declaration.config.parse({ initial_delay: '0s', ...section });
  const metrics: Consumer = {
    consume: (batch) => {
      batches.push(batch);
      arrived.resolve();
      return Promise.resolve();
    },
  };
  const receiver = new HostMetricsReceiver(configuration, test.context, { metrics }, options);
  await receiver.start();
  return {
    receiver,
    test,
    async next() {
      while (batches.length === 0) {
        await arrived.promise;
        arrived = Promise.withResolvers();
      }
      const batch = batches.shift();
      return batch ? batch.chunks.flatMap((chunk) => flatPoints(chunk)) : [];
    },
    [Symbol.asyncDispose]: () => receiver.stop(AbortSignal.timeout(1_000)),
  };
}

/** One scrape. */
export async function scrape(section: object, options: HostOptions = {}): Promise<readonly FlatPoint[]> {
  await using running = await scraping(section, options);
  return await running.next();
}

/** Every metric with every attribute, of the scrapers whose figures come from the tree alone. */
export function comparableScrapers(): object {
  return {
    cpu: everything(CPU_METRICS),
    disk: everything(DISK_METRICS),
    load: everything(LOAD_METRICS),
    memory: everything(MEMORY_METRICS),
    network: everything(NETWORK_METRICS),
    paging: everything(PAGING_METRICS),
    process: { ...everything(PROCESS_METRICS), resource_attributes: { 'process.linux.cgroup': { enabled: true } } },
    // The collector reads the states of this machine's processes, whatever its root_path.
    processes: { metrics: { 'system.processes.count': { enabled: false } } },
  };
}

/** Metrics that the collector does not have, or has only with a feature gate, or on Windows, or that tell the time. */
const NOT_COMPARABLE = /^system\.network\.tcp\.|@v1$|^process\.handles$|^process\.uptime$/;

function everything(definitions: MetricDefinitions): object {
  const metrics = Object.entries(definitions)
    .filter(([name]) => !NOT_COMPARABLE.test(name))
    .map(([name, { attributes = [] }]) => [name, { enabled: true, ...(attributes.length > 0 && { attributes }) }]);
  return { metrics: Object.fromEntries(metrics) };
}
