// The process scraper: CPU, memory and transfers of each process, a resource of its own each; of those chosen by name, and
// where they are too many, of those that use most.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { VERSION } from '../../../pipeline/version.ts';
import { AttributeFilter } from '../attribute-filter.ts';
import type { KnownProcess, ProcessSettings } from '../known-process.ts';
import { NameFilter } from '../name-filter.ts';
import { identityOf, noteUnlessGone, type IdentitySettings, type ProcessIdentity } from '../process-identity.ts';
import { ProcessMetrics } from '../process-metrics.ts';
import { ProcessFiles } from '../process-readings.ts';
import type { ProcessEntry } from '../process-table.ts';
import { schemaUrl, scopeName, unixNano, type Scraper, type ScraperContext } from '../scraper.ts';
import { TICKS_PER_SECOND } from '../ticks.ts';
import { Users } from '../users.ts';

/** Processes whose files stay open. */
const MAX_KEPT_OPEN = 256;
const SCHEMA = 'https://opentelemetry.io/schemas/1.43.0';

export class ProcessScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #settings: ProcessSettings;
  readonly #identity: IdentitySettings;
  readonly #metrics: ProcessMetrics;
  readonly #filter: NameFilter;
  readonly #attributes: AttributeFilter;
  readonly #users: Users;
  #known = new Map<number, KnownProcess>();
  #chosen: KnownProcess[] = [];
  #keptOpen = 0;
  #readAtMs = 0;
  #isBoundSaid = false;

  constructor(settings: ProcessSettings, context: ScraperContext) {
    this.#context = context;
    this.#settings = settings;
    const all = settings.mute_process_all_errors;
    this.#identity = {
      attributes: settings.resource_attributes,
      isMuted: {
        exe: all || settings.mute_process_exe_error,
        user: all || settings.mute_process_user_error,
        cgroup: all || settings.mute_process_cgroup_error,
      },
    };
    this.#filter = new NameFilter(settings.include, settings.exclude);
    this.#attributes = new AttributeFilter(settings.resource_attributes);
    this.#users = new Users(context.root, context.now);
    this.#metrics = new ProcessMetrics(settings, context);
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#chosen = [];
    try {
      this.#recognise(this.#context.processes.read());
    } catch (error) {
      this.#context.problems.noteError('the list of processes', error);
      return;
    }
    const { mute_process_all_errors: all, mute_process_name_error: isNameMuted } = this.#settings;
    const { failure } = this.#context.processes;
    if (failure !== undefined && !all && !isNameMuted) this.#context.problems.noteError('a process', failure);
    this.#choose();
    this.#metrics.startScrape();
    const isIoMuted = all || this.#settings.mute_process_io_error;
    for (const { files } of this.#chosen) {
      this.#try('the memory of a process', 2, this.#metrics.readsMemory && (() => files.readMemory()));
      if (!this.#metrics.readsTransfers) continue;
      try {
        files.readTransfers();
      } catch (error) {
        if (!isIoMuted) noteUnlessGone(this.#context.problems, 'the transfers of a process', error, 2);
      }
    }
  }

  write(writer: MetricWriter): void {
    const { conventions, bootUnixNano } = this.#context;
    const bootMs = Number(bootUnixNano() / 1_000_000n);
    const url = schemaUrl(conventions, SCHEMA);
    const scope = scopeName('process');
    for (const known of this.#chosen) {
      writer.resource(known.identity.resource, url);
      writer.scope(scope, VERSION);
      const startedMs = startedAtMs(known, bootMs);
      writer.times(unixNano(startedMs), unixNano(this.#readAtMs));
      this.#metrics.write(writer, known, { nowMs: this.#readAtMs, startedMs });
    }
  }

  close(): void {
    for (const { files } of this.#known.values()) files.close();
    this.#known.clear();
  }

  #try(what: string, points: number, read: false | (() => void)): void {
    if (read === false) return;
    try {
      read();
    } catch (error) {
      if (!this.#settings.mute_process_all_errors) noteUnlessGone(this.#context.problems, what, error, points);
    }
  }

  /** Finds out who the new ones are, and forgets those that have ended. */
  #recognise(entries: readonly ProcessEntry[]): void {
    const known = new Map<number, KnownProcess>();
    for (const entry of entries) {
      const before = this.#known.get(entry.pid);
      const isSame = before?.entry === entry && before.startTicks === entry.startTicks;
      if (before && !isSame) {
        this.#drop(before);
        this.#known.delete(entry.pid);
      }
      const one = isSame ? this.#refreshed(before) : this.#meet(entry);
      if (one) known.set(entry.pid, one);
    }
    for (const [pid, one] of this.#known) if (!known.has(pid)) this.#drop(one);
    this.#known = known;
  }

  #meet(entry: ProcessEntry): KnownProcess | undefined {
    const { comm, parentPid, startTicks, folder } = entry;
    const identity = this.#identify(entry);
    if (!identity) return undefined;
    const keepOpen = this.#keptOpen < MAX_KEPT_OPEN;
    if (keepOpen) this.#keptOpen++;
    return {
      entry,
      startTicks,
      files: new ProcessFiles(folder, keepOpen),
      comm,
      parentPid,
      identity,
      isIncluded: this.#isIncluded(identity),
      writtenAtMs: Number.NaN,
      userTicks: 0,
      systemTicks: 0,
      waitTicks: 0,
    };
  }

  #refreshed(known: KnownProcess): KnownProcess {
    const { entry } = known;
    if (known.comm === entry.comm && known.parentPid === entry.parentPid) return known;
    const identity = this.#identify(entry);
    if (!identity) return known;
    known.comm = entry.comm;
    known.parentPid = entry.parentPid;
    known.identity = identity;
    known.isIncluded = this.#isIncluded(identity);
    return known;
  }

  #identify(entry: ProcessEntry): ProcessIdentity | undefined {
    return identityOf(entry, this.#identity, this.#users, this.#context.problems);
  }

  #isIncluded({ name, attributes }: ProcessIdentity): boolean {
    return this.#filter.includes(name) && this.#attributes.includes(attributes);
  }

  #drop(known: KnownProcess): void {
    if (known.files.isKeptOpen) this.#keptOpen--;
    known.files.close();
  }

  #choose(): void {
    const { max_processes: most, order_by: order, scrape_process_delay: delayMs } = this.#settings;
    const bootMs = Number(this.#context.bootUnixNano() / 1_000_000n);
    for (const known of this.#known.values()) {
      if (!known.isIncluded) continue;
      if (delayMs > 0 && this.#readAtMs - startedAtMs(known, bootMs) < delayMs) continue;
      this.#chosen.push(known);
    }
    if (this.#chosen.length <= most) return;
    if (!this.#isBoundSaid) {
      this.#isBoundSaid = true;
      this.#context.log.info({ max_processes: most, order_by: order }, 'only the processes that use most are shown');
    }
    const rank = order === 'cpu' ? cpuSinceLast : (known: KnownProcess): number => this.#residentPages(known);
    const ranks = new Map(this.#chosen.map((known) => [known, rank(known)]));
    this.#chosen.sort((a, b) => (ranks.get(b) ?? 0) - (ranks.get(a) ?? 0));
    this.#chosen.length = most;
  }

  #residentPages({ files }: KnownProcess): number {
    this.#try('the memory of a process', 0, () => files.readMemory());
    return files.residentPages;
  }
}

function cpuSinceLast({ entry }: KnownProcess): number {
  return entry.cpuTicks - entry.ticksBefore;
}

/** In whole milliseconds, as in the collector. */
function startedAtMs({ startTicks }: KnownProcess, bootMs: number): number {
  return bootMs + Math.floor((startTicks * 1_000) / TICKS_PER_SECOND);
}
