// The nfs scraper: what the kernel's client and server of NFS do, from /proc/net/rpc/nfs and nfsd. A machine that has neither
// gives nothing.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { hostMetrics, type HostMetric, type HostMetrics, type MetricSettings } from '../metric.ts';
import { ProcFile } from '../proc-file.ts';
import { NO_NUMBER, Scan } from '../scan.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';
import { NFS_METRICS } from './nfs-metrics.ts';
import { CLIENT_VERSION_4, SERVER_OPERATIONS, SERVER_VERSION_4, VERSION_3 } from './nfs-names.ts';

export interface NfsSettings {
  readonly metrics: Readonly<Record<keyof typeof NFS_METRICS, MetricSettings>>;
}

/** Numbers of a line by what it begins with. A line of calls begins with how many there are. */
type Lines = ReadonlyMap<string, readonly number[]>;

/** Kinds of lines, and the least of numbers in them. */
const CLIENT = new Map([
  ['net', 4],
  ['rpc', 3],
  ['proc3', 1],
  ['proc4', 1],
]);
const SERVER = new Map([
  ['rc', 3],
  ['fh', 1],
  ['io', 2],
  // What follows the number of threads are remains of an older format.
  ['th', 1],
  ['net', 4],
  ['rpc', 5],
  ['proc3', 1],
  ['proc4', 1],
  ['proc4ops', 1],
]);
const MOST_NUMBERS = 256;

export class NfsScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof NFS_METRICS>;
  readonly #clientFile: ProcFile;
  readonly #serverFile: ProcFile;
  readonly #scan = new Scan();
  #client: Lines | undefined;
  #server: Lines | undefined;
  #readAtMs = 0;

  constructor(settings: NfsSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(NFS_METRICS, settings.metrics, context.conventions);
    this.#clientFile = new ProcFile(`${context.root}/proc/net/rpc/nfs`, { isWhole: true });
    this.#serverFile = new ProcFile(`${context.root}/proc/net/rpc/nfsd`, { isWhole: true });
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#client = this.#lines(this.#clientFile, CLIENT);
    this.#server = this.#lines(this.#serverFile, SERVER);
  }

  write(writer: MetricWriter): void {
    if (!this.#client && !this.#server) return;
    beginHost(writer, this.#context, 'nfs', this.#readAtMs);
    if (this.#client) this.#writeClient(writer, this.#client);
    if (this.#server) this.#writeServer(writer, this.#server);
  }

  close(): void {
    this.#clientFile.close();
    this.#serverFile.close();
  }

  #writeClient(writer: MetricWriter, lines: Lines): void {
    const metrics = this.#metrics;
    this.#net(writer, lines.get('net'), 'client');
    const rpc = lines.get('rpc');
    // What newer kernels count besides stands after DEALLOCATE, so that names behind it are uncertain there.
    const isNewer = (lines.get('proc4')?.[0] ?? 0) > CLIENT_VERSION_4.length;
    const names = isNewer ? CLIENT_VERSION_4.slice(0, CLIENT_VERSION_4.indexOf('DEALLOCATE') + 1) : CLIENT_VERSION_4;
    this.#calls(writer, metrics['nfs.client.operation.count'], [[4n, lines.get('proc4'), names]]);
    this.#calls(writer, metrics['nfs.client.procedure.count'], [[3n, lines.get('proc3'), VERSION_3]]);
    this.#one(writer, metrics['nfs.client.rpc.authrefresh.count'], rpc?.[2]);
    this.#one(writer, metrics['nfs.client.rpc.count'], rpc?.[0]);
    this.#one(writer, metrics['nfs.client.rpc.retransmit.count'], rpc?.[1]);
  }

  #writeServer(writer: MetricWriter, lines: Lines): void {
    const metrics = this.#metrics;
    this.#one(writer, metrics['nfs.server.fh.stale.count'], lines.get('fh')?.[0]);
    this.#several(writer, metrics['nfs.server.io'], ['receive', 'transmit'], lines.get('io'));
    this.#net(writer, lines.get('net'), 'server');
    this.#calls(writer, metrics['nfs.server.operation.count'], [[4n, lines.get('proc4ops'), SERVER_OPERATIONS]]);
    this.#calls(writer, metrics['nfs.server.procedure.count'], [
      [3n, lines.get('proc3'), VERSION_3],
      [4n, lines.get('proc4'), SERVER_VERSION_4],
    ]);
    this.#several(writer, metrics['nfs.server.repcache.requests'], ['hit', 'miss', 'nocache'], lines.get('rc'));
    this.#several(writer, metrics['nfs.server.rpc.count'], ['format', 'auth', 'client'], lines.get('rpc')?.slice(2));
    this.#one(writer, metrics['nfs.server.thread.count'], lines.get('th')?.[0]);
  }

  #net(writer: MetricWriter, numbers: readonly number[] | undefined, side: 'client' | 'server'): void {
    this.#several(writer, this.#metrics[`nfs.${side}.net.count`], ['udp', 'tcp'], numbers?.slice(1));
    this.#one(writer, this.#metrics[`nfs.${side}.net.tcp.connection.accepted`], numbers?.[3]);
  }

  #one(writer: MetricWriter, metric: HostMetric, value: number | undefined): void {
    if (value !== undefined) metric.write(writer, value);
  }

  /** A point per name, of the numbers in order. */
  #several(
    writer: MetricWriter,
    metric: HostMetric,
    names: readonly string[],
    numbers: readonly number[] | undefined,
  ): void {
    if (!numbers || !metric.open(writer)) return;
    for (const [index, name] of names.entries()) metric.add(numbers[index] ?? 0, metric.attributes(name));
    metric.close();
  }

  #calls(
    writer: MetricWriter,
    metric: HostMetric,
    versions: readonly (readonly [version: bigint, numbers: readonly number[] | undefined, names: readonly string[]])[],
  ): void {
    if (versions.every(([, numbers]) => numbers === undefined) || !metric.open(writer)) return;
    for (const [version, numbers = [], names] of versions) {
      for (const [index, name] of names.entries()) {
        const count = numbers[index + 1];
        if (count !== undefined && name !== '-') metric.add(count, metric.attributes(version, name));
      }
    }
    metric.close();
  }

  /** Undefined where the file is not there. A line that is wrong is left out and said. */
  #lines(file: ProcFile, kinds: ReadonlyMap<string, number>): Lines | undefined {
    const lines = new Map<string, readonly number[]>();
    try {
      const scan = this.#scan.reset(file.read());
      do {
        if (!scan.field()) continue;
        const kind = scan.text();
        const least = kinds.get(kind);
        if (least === undefined) continue;
        const numbers = this.#numbers(scan, kind === 'th' ? 1 : MOST_NUMBERS);
        const isCalls = kind.startsWith('proc');
        if (numbers && numbers.length >= least && (!isCalls || numbers[0] === numbers.length - 1))
          lines.set(kind, numbers);
        else this.#context.problems.note(file.path, `the line ${kind} has not the numbers it should have`);
      } while (scan.nextLine());
      return lines;
    } catch (error) {
      // No client or no server runs: that is no problem.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        this.#context.problems.noteError(file.path, error);
      }
      return undefined;
    }
  }

  /** Undefined where something else than a number stands among them. */
  #numbers(scan: Scan, most: number): readonly number[] | undefined {
    const numbers: number[] = [];
    while (numbers.length < most && scan.field()) {
      const value = scan.fieldAsInteger();
      if (value === NO_NUMBER) return undefined;
      numbers.push(value);
    }
    return numbers;
  }
}
