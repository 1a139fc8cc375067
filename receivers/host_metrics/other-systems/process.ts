// The process scraper on systems that are not Linux: who the processes are and the memory they take, from systeminformation.
// What they did with the CPU and with disks is not told there as counters.

import type { Systeminformation } from 'systeminformation';
import { AttributeList, type MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import type { JsValue } from '../../../proto/otlp/any-value.ts';
import { VERSION } from '../../../pipeline/version.ts';
import { AttributeFilter } from '../attribute-filter.ts';
import type { ProcessSettings } from '../known-process.ts';
import { hostMetrics, type HostMetrics } from '../metric.ts';
import { NameFilter } from '../name-filter.ts';
import type { ResourceAttribute } from '../process-identity.ts';
import { schemaUrl, scopeName, unixNano, type Scraper, type ScraperContext } from '../scraper.ts';
import { PROCESS_METRICS } from '../scrapers/process-metrics.ts';
import type { OtherSource } from './source.ts';

type OtherProcessData = Systeminformation.ProcessesProcessData;

const SCHEMA = 'https://opentelemetry.io/schemas/1.43.0';
const KIBIBYTE = 1_024;
const MAX_COMMAND_LINE = 4_096;

export class OtherProcess implements Scraper {
  readonly #settings: ProcessSettings;
  readonly #context: ScraperContext;
  readonly #source: OtherSource;
  readonly #metrics: HostMetrics<typeof PROCESS_METRICS>;
  readonly #filter: NameFilter;
  readonly #attributes: AttributeFilter;
  #chosen: readonly OtherProcessData[] = [];
  #readAtMs = 0;

  constructor(settings: ProcessSettings, context: ScraperContext, source: OtherSource) {
    this.#settings = settings;
    this.#context = context;
    this.#source = source;
    this.#metrics = hostMetrics(PROCESS_METRICS, settings.metrics, context.conventions);
    this.#filter = new NameFilter(settings.include, settings.exclude);
    this.#attributes = new AttributeFilter(settings.resource_attributes);
  }

  async read(): Promise<void> {
    const { max_processes: most, order_by: order, scrape_process_delay: delayMs } = this.#settings;
    this.#chosen = [];
    try {
      const { list } = await this.#source.ask('processes', (from) => from.processes());
      this.#readAtMs = this.#context.now();
      const rank = order === 'cpu' ? 'cpu' : 'memRss';
      this.#chosen = list
        .filter((one) => this.#attributes.includes(this.#identity(one)))
        .filter(({ name, started }) => this.#filter.includes(name) && !(this.#readAtMs - startedMs(started) < delayMs))
        .toSorted((a, b) => b[rank] - a[rank])
        .slice(0, most);
    } catch (error) {
      this.#context.problems.noteError('the list of processes', error);
    }
  }

  write(writer: MetricWriter): void {
    const { conventions } = this.#context;
    for (const one of this.#chosen) {
      writer.resource(new AttributeList(this.#identity(one)), schemaUrl(conventions, SCHEMA));
      writer.scope(scopeName('process'), VERSION);
      writer.times(unixNano(startedMs(one.started) || 0), unixNano(this.#readAtMs));
      this.#metrics['process.memory.usage'].write(writer, one.memRss * KIBIBYTE);
      this.#metrics['process.memory.virtual'].write(writer, one.memVsz * KIBIBYTE);
    }
  }

  close(): void {
    this.#chosen = [];
  }

  #identity(one: OtherProcessData): readonly (readonly [ResourceAttribute, JsValue])[] {
    const all: readonly (readonly [ResourceAttribute, JsValue])[] = [
      ['process.pid', BigInt(one.pid)],
      ['process.parent_pid', BigInt(one.parentPid)],
      ['process.executable.name', one.name],
      ['process.executable.path', one.path === '' ? '' : `${one.path}/${one.command}`],
      ['process.command', one.command],
      ['process.command_line', `${one.command} ${one.params}`.trim().slice(0, MAX_COMMAND_LINE)],
      ['process.owner', one.user],
    ];
    return all.filter(([key]) => this.#settings.resource_attributes[key].enabled);
  }
}

/** `2026-11-24 15:21:33` in local time; NaN where it is something else. */
function startedMs(started: string): number {
  return Date.parse(started.replace(' ', 'T'));
}
