// The network scraper: what interfaces transferred, the states of TCP connections, retransmits, full accept queues, and the
// table of tracked connections, from /proc/net and /proc/sys/net.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { RememberedText } from '../../../proto/otlp/remembered-text.ts';
import { hostMetrics, type HostMetric, type HostMetrics, type MetricSettings } from '../metric.ts';
import { NameFilter, type NameList } from '../name-filter.ts';
import { ProcFile } from '../proc-file.ts';
import { NO_NUMBER, Scan } from '../scan.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';
import { NETWORK_METRICS } from './network-metrics.ts';
import { TcpConnections, TCP_STATES } from './tcp-connections.ts';

export interface NetworkSettings {
  readonly include: NameList;
  readonly exclude: NameList;
  readonly metrics: Readonly<Record<keyof typeof NETWORK_METRICS, MetricSettings>>;
}

/** Columns of /proc/net/dev: eight received, eight transmitted. */
const COLUMNS = 12;
const RECEIVED = { bytes: 0, packets: 1, errors: 2, dropped: 3 };
const TRANSMITTED = { bytes: 8, packets: 9, errors: 10, dropped: 11 };
/** Counters of /proc/net/snmp and /proc/net/netstat, by their names there. */
const TCP_COUNTERS = ['RetransSegs', 'ListenOverflows', 'ListenDrops'] as const;
const RETRANSMITS = 0;
const OVERFLOWS = 1;
const LISTEN_DROPS = 2;
const MAX_INTERFACES = 4_096;
const COLON = 0x3a;

interface Interface {
  readonly name: string;
  readonly isIncluded: boolean;
  readonly values: Float64Array;
}

export class NetworkScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof NETWORK_METRICS>;
  readonly #dev: ProcFile;
  readonly #snmp: ProcFile;
  readonly #netstat: ProcFile;
  readonly #conntrackCount: ProcFile;
  readonly #conntrackMax: ProcFile;
  readonly #connections: TcpConnections;
  readonly #scan = new Scan();
  readonly #filter: NameFilter;
  readonly #byName: RememberedText<Interface>;
  readonly #interfaces: Interface[] = [];
  /** Counters of TCP_COUNTERS. */
  readonly #columns = new Float64Array(TCP_COUNTERS.length);
  #tracked = NO_NUMBER;
  #maxTracked = NO_NUMBER;
  #readAtMs = 0;

  constructor(settings: NetworkSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(NETWORK_METRICS, settings.metrics, context.conventions);
    const proc = `${context.root}/proc`;
    this.#dev = new ProcFile(`${proc}/net/dev`);
    this.#snmp = new ProcFile(`${proc}/net/snmp`);
    this.#netstat = new ProcFile(`${proc}/net/netstat`);
    this.#conntrackCount = new ProcFile(`${proc}/sys/net/netfilter/nf_conntrack_count`, { isWhole: true });
    this.#conntrackMax = new ProcFile(`${proc}/sys/net/netfilter/nf_conntrack_max`, { isWhole: true });
    this.#connections = new TcpConnections(proc, context.problems);
    this.#filter = new NameFilter(settings.include, settings.exclude);
    this.#byName = new RememberedText(512, (name) => ({
      name,
      isIncluded: this.#filter.includes(name),
      values: new Float64Array(COLUMNS),
    }));
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    const metrics = this.#metrics;
    this.#readInterfaces();
    if (metrics['system.network.connections'].enabled) this.#connections.read();
    const isOn = (names: readonly (keyof typeof NETWORK_METRICS)[]): boolean =>
      names.some((name) => metrics[name].enabled);
    this.#columns.fill(NO_NUMBER);
    if (isOn(['system.network.tcp.retransmits'])) this.#readColumns(this.#snmp, 'Tcp:', RETRANSMITS, RETRANSMITS + 1);
    if (isOn(['system.network.tcp.listen.overflows', 'system.network.tcp.listen.drops'])) {
      this.#readColumns(this.#netstat, 'TcpExt:', OVERFLOWS, LISTEN_DROPS + 1);
    }
    const { 'system.network.conntrack.count': tracked, 'system.network.conntrack.max': maxTracked } = metrics;
    this.#tracked = tracked.enabled ? this.#number(this.#conntrackCount) : NO_NUMBER;
    this.#maxTracked = maxTracked.enabled ? this.#number(this.#conntrackMax) : NO_NUMBER;
  }

  write(writer: MetricWriter): void {
    beginHost(writer, this.#context, 'network', this.#readAtMs);
    const metrics = this.#metrics;
    const connections = metrics['system.network.connections'];
    if (this.#connections.isThere && connections.open(writer)) {
      for (let index = 0; index < TCP_STATES.length; index++) {
        // Safe: there is a count per state.
        const [state, count] = [TCP_STATES[index] as string, this.#connections.counts[index] as number];
        connections.add(count, connections.attributes('tcp', state));
      }
      connections.close();
    }
    this.#writeNumber(writer, metrics['system.network.conntrack.count'], this.#tracked);
    this.#writeNumber(writer, metrics['system.network.conntrack.max'], this.#maxTracked);
    this.#writeBoth(writer, metrics['system.network.dropped'], 'dropped');
    this.#writeBoth(writer, metrics['system.network.errors'], 'errors');
    this.#writeBoth(writer, metrics['system.network.io'], 'bytes');
    this.#writeBoth(writer, metrics['system.network.packets'], 'packets');
    this.#writeNumber(writer, metrics['system.network.tcp.listen.drops'], this.#column(LISTEN_DROPS));
    this.#writeNumber(writer, metrics['system.network.tcp.listen.overflows'], this.#column(OVERFLOWS));
    this.#writeNumber(writer, metrics['system.network.tcp.retransmits'], this.#column(RETRANSMITS));
  }

  close(): void {
    for (const file of [this.#dev, this.#snmp, this.#netstat, this.#conntrackCount, this.#conntrackMax]) file.close();
    this.#connections.close();
  }

  #writeNumber(writer: MetricWriter, metric: HostMetric, value: number): void {
    if (value !== NO_NUMBER) metric.write(writer, value);
  }

  #writeBoth(writer: MetricWriter, metric: HostMetric, column: keyof typeof RECEIVED): void {
    if (!metric.open(writer)) return;
    for (const { name, values } of this.#interfaces) {
      // Safe: every column has a value.
      metric.add(values[TRANSMITTED[column]] as number, metric.attributes(name, 'transmit'));
      metric.add(values[RECEIVED[column]] as number, metric.attributes(name, 'receive'));
    }
    metric.close();
  }

  #readInterfaces(): void {
    this.#interfaces.length = 0;
    try {
      const scan = this.#scan.reset(this.#dev.read());
      // Two lines of headings.
      if (!scan.nextLine() || !scan.nextLine()) return;
      do this.#readInterface(scan);
      while (scan.nextLine() && this.#interfaces.length < MAX_INTERFACES);
    } catch (error) {
      this.#context.problems.noteError(this.#dev.path, error, COLUMNS);
    }
  }

  /** `  eth0: 1 2 3 …`; the first number may follow the colon without a blank, and names may hold colons. */
  #readInterface(scan: Scan): void {
    if (!scan.field()) return;
    let colon = scan.stop - 1;
    while (colon > scan.start && scan.bytes[colon] !== COLON) colon--;
    if (colon === scan.start) {
      this.#context.problems.note(this.#dev.path, 'a line has no interface', COLUMNS);
      return;
    }
    const one = this.#byName.of(scan.bytes, scan.start, colon);
    if (!one.isIncluded) return;
    scan.at = colon + 1;
    for (let index = 0; index < COLUMNS; index++) {
      const value = scan.integer();
      if (value === NO_NUMBER) {
        this.#context.problems.note(this.#dev.path, `a column of ${one.name} is no number`, COLUMNS);
        return;
      }
      one.values[index] = value;
    }
    this.#interfaces.push(one);
  }

  #column(index: number): number {
    return this.#columns[index] ?? NO_NUMBER;
  }

  /** Reads TCP_COUNTERS from `from` to before `to`. Files of counters have two lines per group: names, then values. */
  #readColumns(file: ProcFile, group: string, from: number, to: number): void {
    const { problems } = this.#context;
    try {
      const scan = this.#scan.reset(file.read());
      const places = new Map<number, number>();
      do {
        if (!scan.field() || !scan.isField(group)) continue;
        if (places.size === 0) {
          for (let column = 0; scan.field(); column++) {
            for (let index = from; index < to; index++) {
              if (scan.isField(TCP_COUNTERS[index] ?? '')) places.set(column, index);
            }
          }
          continue;
        }
        for (let column = 0; scan.field(); column++) {
          const index = places.get(column);
          if (index !== undefined) this.#columns[index] = scan.fieldAsInteger();
        }
        break;
      } while (scan.nextLine());
      for (let index = from; index < to; index++) {
        if (this.#columns[index] === NO_NUMBER) problems.note(file.path, `it has no number of ${TCP_COUNTERS[index]}`);
      }
    } catch (error) {
      problems.noteError(file.path, error, to - from);
    }
  }

  #number(file: ProcFile): number {
    try {
      const value = this.#scan.reset(file.read()).integer();
      if (value === NO_NUMBER) this.#context.problems.note(file.path, 'it is no number');
      return value;
    } catch (error) {
      this.#context.problems.noteError(file.path, error);
      return NO_NUMBER;
    }
  }
}
