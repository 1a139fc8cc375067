// Group commit: while one group of batches is written and made durable, what arrives comes together in the next. The rate
// of syncs bounds how long an append takes, not how many there are.

import type { Batch } from '../batch.ts';
import { Refused } from '../delivery.ts';
import { prepare, pushRecord, type Prepared } from './record.ts';
import type { SegmentWriter } from './segment-writer.ts';
import type { Segment } from './segment.ts';

export interface GroupCommitOptions {
  readonly writer: SegmentWriter;
  /** For messages. */
  readonly folder: string;
  /** Milliseconds on a clock that nobody sets. */
  readonly steadyNow: () => number;
  /** true: before an append resolves. false: never. A number: so many ms after it at the latest. */
  fsync(): boolean | number;
  /** The segment that the next group goes to. */
  segment(): Promise<Segment>;
  /** The record is as durable as it gets, behind those before. */
  written(segment: Segment, prepared: Prepared): void;
  /** The batch was refused after all. */
  refused(batch: Batch): void;
  /** After a failed write or sync the segment is closed. */
  ended(error: unknown): void;
  synced(seconds: number): void;
  /** `undefined`: it works again. */
  failing(reason: string | undefined): void;
}

/** One group's size: what came together is written in one go up to this. */
const GROUP_BYTES = 8 << 20;
const GROUP_RECORDS = 1000;
/** What waits for the disk at most. */
const WAITING_BYTES = 64 << 20;
/** After a failed write the disk is left alone for this long. */
const PAUSE_MS = 250;
/** When somebody who was refused is to try again. */
export const RETRY_AFTER_MS = 1000;

interface Append {
  readonly prepared: Prepared;
  readonly resolve: () => void;
  readonly reject: (error: Refused) => void;
}

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #appends: Append[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #failure: { readonly reason: string; readonly untilMs: number } | undefined;
  #syncTimer: NodeJS.Timeout | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** What is not on disk yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Why nothing more is taken at the moment. */
  refusal(): Refused | undefined {
    const { folder, steadyNow } = this.#options;
    if (this.#waitingBytes > WAITING_BYTES) {
      const reason = `the disk of ${folder} does not keep up: ${this.#waitingBytes} bytes wait for it`;
      return new Refused(reason, { retryAfterMs: RETRY_AFTER_MS });
    }
    if (!this.#failure || steadyNow() >= this.#failure.untilMs) return undefined;
    return new Refused(this.#failure.reason, { retryAfterMs: RETRY_AFTER_MS });
  }

  /** Resolves when the batch is as durable as `fsync` says; fails with Refused when the disk does. */
  append(batch: Batch): Promise<void> {
    const prepared = prepare(batch);
    this.#waitingBytes += prepared.length;
    return new Promise((resolve, reject) => {
      this.#appends.push({ prepared, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Waits for what was appended; nothing more may be. */
  async close(): Promise<void> {
    clearTimeout(this.#syncTimer);
    await this.#writing;
    clearTimeout(this.#syncTimer);
  }

  /** Runs while there is something to write. Never rejects. */
  async #write(): Promise<void> {
    // What arrives in the same turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#appends.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#commit(group);
      } catch (error) {
        this.#refuse(group, error);
      }
    }
    this.#writing = undefined;
  }

  #takeGroup(): readonly Append[] {
    let bytes = 0;
    let count = 0;
    for (const { prepared } of this.#appends) {
      if (count > 0 && (bytes + prepared.length > GROUP_BYTES || count >= GROUP_RECORDS)) break;
      bytes += prepared.length;
      count += 1;
    }
    if (count < this.#appends.length) return this.#appends.splice(0, count);
    const group = this.#appends;
    this.#appends = [];
    return group;
  }

  async #commit(group: readonly Append[]): Promise<void> {
    const options = this.#options;
    const segment = await options.segment();
    const parts: Uint8Array[] = [];
    let length = 0;
    let index = segment.total.requests;
    for (const { prepared } of group) {
      pushRecord(parts, prepared, segment.key, index);
      index += 1;
      length += prepared.length;
    }
    const mode = options.fsync();
    const started = options.steadyNow();
    await options.writer.write(parts, length, mode === true);
    if (mode === true) options.synced((options.steadyNow() - started) / 1000);
    else if (mode !== false) this.#syncTimer ??= setTimeout(() => this.#syncLate(), mode);
    this.#waitingBytes -= length;
    this.#recovered();
    for (const { prepared, resolve } of group) {
      options.written(segment, prepared);
      resolve();
    }
  }

  #refuse(group: readonly Append[], error: unknown): void {
    const options = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    const reason = `writing to the queue in ${options.folder} failed: ${message}`;
    if (!this.#failure) options.failing(reason);
    this.#failure = { reason, untilMs: options.steadyNow() + PAUSE_MS };
    for (const { prepared, reject } of [...group, ...this.#appends.splice(0)]) {
      this.#waitingBytes -= prepared.length;
      options.refused(prepared.batch);
      reject(new Refused(reason, { retryAfterMs: RETRY_AFTER_MS, cause: error }));
    }
    options.ended(error);
  }

  #recovered(): void {
    if (!this.#failure) return;
    this.#failure = undefined;
    this.#options.failing(undefined);
  }

  #syncLate(): void {
    this.#syncTimer = undefined;
    const options = this.#options;
    const started = options.steadyNow();
    options.writer.sync().then(
      () => options.synced((options.steadyNow() - started) / 1000),
      (error: unknown) => this.#refuse([], error),
    );
  }
}
