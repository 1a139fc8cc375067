// The durable queue's log: batches are appended in groups, one write and one sync for whatever came meanwhile, given to
// the holder in order (from memory while that is cheap, from the disk otherwise), and deleted segment by segment.

import type { Batch } from '../batch.ts';
import { Refused, Rejected } from '../delivery.ts';
import { GroupCommit, RETRY_AFTER_MS } from './group-commit.ts';
import { HEADER_BYTES, type Prepared } from './record.ts';
import { deleteSegment, deleteSetAside, setSegmentAside, type Recovered } from './recovery.ts';
import { SegmentReader } from './segment-reader.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { ComponentLogger } from '../telemetry.ts';
import { addTo, newSum, type Segment, type Sum } from './segment.ts';
import type { Settlements } from './settlements.ts';
import type { LogHolder, LogRecord } from './storage.ts';

/** How far behind a sync may be, and how large the files may grow. */
export interface LogSettings {
  /** true: before an append resolves. false: never. A number: so many ms after it at the latest. */
  readonly fsync: boolean | number;
  /** 0: no limit. */
  readonly maxBytes: number;
}

export interface SegmentLogOptions {
  readonly folder: string;
  /** Where the settings come from, e.g. `extensions::file_storage`, for messages. */
  readonly configuredAt: string;
  readonly log: ComponentLogger;
  /** Milliseconds on a clock that nobody sets. */
  readonly steadyNow: () => number;
  readonly random: () => number;
}

/** Records given out and not settled take at most this much memory, and one piece read from the disk. */
const MEMORY_BYTES = 32 << 20;
const SEGMENT_MAX_BYTES = 32 << 20;
const SEGMENT_MIN_BYTES = 64 << 10;
/** Settlements are written down this much later. */
const SETTLE_DELAY_MS = 50;

class Given implements LogRecord {
  readonly batch: Batch;
  readonly segment: Segment;
  readonly index: number;

  constructor(batch: Batch, segment: Segment, index: number) {
    this.batch = batch;
    this.segment = segment;
    this.index = index;
  }
}

export class SegmentLog {
  readonly #options: SegmentLogOptions;
  readonly #settlements: Settlements;
  readonly #writer: SegmentWriter;
  readonly #commit: GroupCommit;
  readonly #reader: SegmentReader;
  #settings: LogSettings;
  /** In order, the one that is written to last. */
  readonly #segments: Segment[];
  /** Given out and not settled. */
  readonly #out = new Set<Given>();
  readonly pending: Sum = newSum();
  diskBytes = 0;
  #outBytes = 0;
  #holder: LogHolder | undefined;
  /** Changes when reading begins anew, so that what a read brings for the last holder is left. */
  #turn = 0;
  #feeding: Promise<void> | undefined;
  #chores: Promise<void> = Promise.resolve();
  /** Files that are done with and could not be removed. */
  readonly #unremoved = new Set<Segment>();
  #flushTimer: NodeJS.Timeout | undefined;
  #choreFailed = false;
  #isPaused = false;
  #isClosing = false;

  constructor(options: SegmentLogOptions, settings: LogSettings, found: Recovered, settlements: Settlements) {
    this.#options = options;
    this.#settings = settings;
    this.#settlements = settlements;
    this.#segments = [...found.segments];
    this.#writer = new SegmentWriter(options.folder, found.nextNumber, options.random);
    this.#reader = new SegmentReader(options.folder);
    this.#commit = new GroupCommit({
      writer: this.#writer,
      folder: options.folder,
      steadyNow: options.steadyNow,
      fsync: () => this.#settings.fsync,
      segment: () => this.#segmentToWrite(),
      written: (segment, prepared) => this.#written(segment, prepared),
      refused: (batch) => this.#count(batch, -1),
      ended: (error) => this.#ended(error),
      synced: (seconds) => this.#holder?.synced(seconds),
      failing: (reason) => this.#holder?.failing(reason),
    });
    for (const { total, settled, end } of this.#segments) {
      addTo(this.pending, total);
      addTo(this.pending, settled, -1);
      this.diskBytes += end;
    }
  }

  configure(settings: LogSettings): void {
    this.#settings = settings;
  }

  /** Gives records to `holder` from now on. What its predecessor did not settle comes again. */
  giveTo(holder: LogHolder | undefined): void {
    this.#holder = holder;
    this.#isPaused = false;
    this.#turn += 1;
    if (this.#out.size > 0) {
      for (const segment of this.#segments) segment.rewind();
      this.#out.clear();
      this.#outBytes = 0;
    }
    this.#feed();
  }

  /** Gives out nothing until somebody else is given to. */
  pause(): void {
    this.#isPaused = true;
  }

  append(batch: Batch): Promise<void> {
    const refusal = this.#refusalOf(batch);
    if (refusal) return Promise.reject(refusal);
    this.#count(batch, 1);
    return this.#commit.append(batch);
  }

  settle(record: LogRecord): void {
    if (!(record instanceof Given) || !this.#out.delete(record)) return;
    const { segment, index, batch } = record;
    this.#outBytes -= batch.bytes;
    this.#settleIn(segment, index, batch.items, batch.bytes);
    this.#feed();
  }

  /** Waits for what is being written; nothing is given out any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#holder = undefined;
    clearTimeout(this.#flushTimer);
    await this.#commit.close();
    await this.#feeding;
    await this.#seal();
    for (const segment of this.#segments) if (segment.wasTaken) this.#settlements.returned(segment);
    this.#chore(() => this.#settlements.flush());
    await this.#chores;
    await this.#reader.close();
  }

  #refusalOf(batch: Batch): Refused | Rejected | undefined {
    const retryAfterMs = RETRY_AFTER_MS;
    if (this.#isClosing) return new Refused('the queue on disk is closing', { retryAfterMs });
    const { maxBytes } = this.#settings;
    const { folder, configuredAt } = this.#options;
    const length = HEADER_BYTES + batch.bytes;
    if (maxBytes > 0 && length > maxBytes) {
      return new Rejected(
        `the batch needs ${length} bytes on disk, more than ${configuredAt}::max_size allows (${maxBytes})`,
        { count: batch.items, kind: 'too_large' },
      );
    }
    if (maxBytes > 0 && this.diskBytes + this.#commit.waitingBytes + length > maxBytes) {
      return new Refused(
        `the queue in ${folder} has reached its limit of ${maxBytes} bytes; raise ${configuredAt}::max_size`,
        { retryAfterMs },
      );
    }
    return this.#commit.refusal();
  }

  async #segmentToWrite(): Promise<Segment> {
    const { maxBytes } = this.#settings;
    const most = maxBytes === 0 ? SEGMENT_MAX_BYTES : Math.max(SEGMENT_MIN_BYTES, maxBytes >>> 3);
    const current = this.#writer.segment;
    if (current && !this.#writer.isDoubtful && current.end < Math.min(most, SEGMENT_MAX_BYTES)) return current;
    await this.#seal();
    const segment = await this.#writer.begin();
    this.#segments.push(segment);
    return segment;
  }

  async #seal(): Promise<void> {
    const { segment } = this.#writer;
    const error = await this.#writer.seal();
    if (error !== undefined && this.#settings.fsync !== true) this.#sayUnsynced(error);
    if (segment) this.#account(segment);
  }

  /** What was answered and not synced yet; it stays readable as long as the machine runs. */
  #sayUnsynced(error: unknown): void {
    const { folder, log } = this.#options;
    const fields = { folder, error: error instanceof Error ? error.message : String(error) };
    log.error(
      fields,
      'What was last written to the queue on disk may not be on the disk; it is still sent from memory',
    );
  }

  /** The record goes on at once where everything before it has, and memory allows. */
  #written(segment: Segment, { batch, length }: Prepared): void {
    const index = segment.total.requests;
    const at = segment.end;
    segment.end += length;
    this.diskBytes += length;
    segment.total.requests += 1;
    segment.total.items += batch.items;
    segment.total.bytes += batch.bytes;
    if (!this.#holder || this.#isPaused || this.#outBytes + batch.bytes > MEMORY_BYTES) return;
    if (this.#nextToRead() === segment && segment.readAt === at) {
      segment.readAt = segment.end;
      this.#give(this.#holder, segment, index, batch);
    } else this.#feed();
  }

  #give(holder: LogHolder, segment: Segment, index: number, batch: Batch): void {
    if (!segment.wasTaken) {
      segment.wasTaken = true;
      this.#settlements.taken(segment);
      this.#chore(() => this.#settlements.flush());
    }
    segment.signal ??= batch.signal;
    const record = new Given(batch, segment, index);
    this.#out.add(record);
    this.#outBytes += batch.bytes;
    holder.take(record);
  }

  #feed(): void {
    if (this.#feeding || !this.#canRead()) return;
    this.#feeding = this.#readOn().finally(() => {
      this.#feeding = undefined;
      this.#feed();
    });
  }

  #canRead(): boolean {
    if (!this.#holder || this.#isPaused || this.#outBytes >= MEMORY_BYTES) return false;
    const segment = this.#nextToRead();
    return segment !== undefined && !segment.isRead;
  }

  /** Reads one piece and gives out what is in it. Never rejects. */
  async #readOn(): Promise<void> {
    const segment = this.#nextToRead();
    if (!segment) return;
    const turn = this.#turn;
    try {
      const piece = await this.#reader.read(segment, (index) => !segment.isSettled(index));
      const holder = this.#holder;
      if (!holder || this.#isPaused || turn !== this.#turn) return;
      segment.readAt = piece.next;
      if (piece.hasGap) segment.isDamaged = true;
      for (const { index, items, bytes, batch, isDamaged } of piece.records) {
        if (batch) this.#give(holder, segment, index, batch);
        else if (isDamaged) {
          segment.isDamaged = true;
          addTo(segment.unsaid, { requests: 1, items, bytes });
          this.#settleIn(segment, index, items, bytes);
        }
      }
    } catch (error) {
      if (turn !== this.#turn) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log.error({ file: segment.name, error: message }, 'A file of the queue on disk can not be read');
      segment.isDamaged = true;
      segment.readAt = segment.end;
    }
    this.#account(segment);
  }

  /** The first segment with something unread, or the one that is written to. */
  #nextToRead(): Segment | undefined {
    for (const segment of this.#segments) if (!segment.isSealed || !segment.isRead) return segment;
    return undefined;
  }

  /** After a failed write a segment is closed, and what was in it may be settled already. */
  #ended(error: unknown): void {
    if (isFull(error)) this.#chore(() => this.#deleteSetAside());
    for (const segment of this.#segments.filter(({ isSealed }) => isSealed)) this.#account(segment);
  }

  /** Room for data goes before files that are kept for whoever wants to look. */
  async #deleteSetAside(): Promise<void> {
    const { folder, log } = this.#options;
    const files = await deleteSetAside(folder);
    if (files.length > 0)
      log.warn({ folder, files }, 'The disk is full: damaged files that were kept aside are deleted');
  }

  /** A segment that was read to its end: what is neither settled nor given out is lost, and said once. */
  #account(segment: Segment): void {
    if (!segment.isSealed || !segment.isRead) return;
    const missing = newSum();
    addTo(missing, segment.total);
    addTo(missing, segment.settled, -1);
    addTo(missing, segment.lost, -1);
    if (missing.requests > 0) {
      for (const given of this.#out) {
        if (given.segment === segment)
          addTo(missing, { requests: 1, items: given.batch.items, bytes: given.batch.bytes }, -1);
      }
    }
    if (missing.requests > 0) {
      segment.isDamaged = true;
      addTo(segment.lost, missing);
      addTo(segment.unsaid, missing);
      addTo(this.pending, missing, -1);
    }
    if (segment.isDamaged && !segment.isSaid) {
      segment.isSaid = true;
      this.#holder?.damaged(`${segment.name}.log`, segment.unsaid, segment.signal);
    }
    if (segment.isDone) this.#finish(segment);
  }

  #settleIn(segment: Segment, index: number, items: number, bytes: number): void {
    if (!segment.settle(index, items, bytes)) return;
    this.pending.requests -= 1;
    this.pending.items -= items;
    this.pending.bytes -= bytes;
    if (segment.isDone && segment.isRead) {
      this.#finish(segment);
      return;
    }
    this.#settlements.settled(segment, index, items, bytes);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isClosing) return;
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      this.#chore(() => this.#tidy());
    }, SETTLE_DELAY_MS);
  }

  /** Nothing of the segment is needed any more. */
  #finish(segment: Segment): void {
    const place = this.#segments.indexOf(segment);
    if (place === -1) return;
    this.#segments.splice(place, 1);
    this.diskBytes -= segment.end;
    this.#settlements.forget(segment);
    this.#chore(() => this.#remove(segment));
  }

  /** What can not be removed counts again, and is tried again with the next settlements. */
  async #remove(segment: Segment): Promise<void> {
    const { folder } = this.#options;
    const isTriedAgain = this.#unremoved.has(segment);
    try {
      await this.#reader.forget(segment);
      if (segment.isDamaged) await setSegmentAside(folder, segment);
      else await deleteSegment(folder, segment);
    } catch (error) {
      if (!isTriedAgain) this.diskBytes += segment.end;
      this.#unremoved.add(segment);
      throw error;
    }
    if (this.#unremoved.delete(segment)) this.diskBytes -= segment.end;
  }

  async #tidy(): Promise<void> {
    for (const segment of this.#unremoved) await this.#remove(segment);
    await this.#settlements.flush();
  }

  /** Work on files that nobody waits for, one after the other. What fails is said once until something works. */
  #chore(task: () => Promise<void>): void {
    this.#chores = this.#chores.then(task).then(
      () => {
        this.#choreFailed = false;
      },
      (error: unknown) => {
        // Settlements that could not be written are still in memory.
        this.#flushSoon();
        if (this.#choreFailed) return;
        this.#choreFailed = true;
        const message = error instanceof Error ? error.message : String(error);
        this.#options.log.warn({ error: message }, 'Tidying up the queue on disk failed');
      },
    );
  }

  #count(batch: Batch, sign: 1 | -1): void {
    this.pending.requests += sign;
    this.pending.items += sign * batch.items;
    this.pending.bytes += sign * batch.bytes;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
