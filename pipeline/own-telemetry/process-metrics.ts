// What the process uses, under the collector's names; Go's heap figures become V8's nearest ones.

import { getHeapStatistics } from 'node:v8';
import type { MetricStore } from './metric-store.ts';

export function bindProcessMetrics(store: MetricStore, owner: object, uptimeMs: () => number): void {
  store.observedCounter(
    owner,
    { name: 'otelcol_process_uptime', help: 'Uptime of the process [Alpha]', unit: 's' },
    {},
    () => uptimeMs() / 1000,
  );
  store.observedCounter(
    owner,
    { name: 'otelcol_process_cpu_seconds', help: 'Total CPU user and system time in seconds [Alpha]', unit: 's' },
    {},
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  );
  store.gauge(
    owner,
    { name: 'otelcol_process_memory_rss', help: 'Total physical memory (resident set size) [Alpha]', unit: 'By' },
    {},
    () => process.memoryUsage.rss(),
  );
  store.gauge(
    owner,
    {
      name: 'otelcol_process_runtime_heap_alloc_bytes',
      help: 'Bytes of allocated heap objects (V8: used heap size) [Alpha]',
      unit: 'By',
    },
    {},
    () => getHeapStatistics().used_heap_size,
  );
  store.observedCounter(
    owner,
    {
      name: 'otelcol_process_runtime_total_alloc_bytes',
      help: 'Cumulative bytes allocated for heap objects (V8: total allocated bytes) [Alpha]',
      unit: 'By',
    },
    {},
    () => getHeapStatistics().total_allocated_bytes,
  );
  store.gauge(
    owner,
    {
      name: 'otelcol_process_runtime_total_sys_memory_bytes',
      help: 'Total bytes of memory obtained from the OS (V8: heap, malloc and external memory) [Alpha]',
      unit: 'By',
    },
    {},
    () => {
      const heap = getHeapStatistics();
      return heap.total_heap_size + heap.malloced_memory + heap.external_memory;
    },
  );
}
