// The file at the end of a log: opened, written, made durable, cut back after a failed write, closed.

import { constants } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { totalRecord } from './record.ts';
import { Segment } from './segment.ts';

interface Current {
  readonly segment: Segment;
  readonly file: FileHandle;
  isDoubtful: boolean;
}

export class SegmentWriter {
  readonly #folder: string;
  readonly #random: () => number;
  #nextNumber: number;
  #current: Current | undefined;

  constructor(folder: string, nextNumber: number, random: () => number) {
    this.#folder = folder;
    this.#nextNumber = nextNumber;
    this.#random = random;
  }

  /** The segment that is written to. */
  get segment(): Segment | undefined {
    return this.#current?.segment;
  }

  /** Begins a new segment. Its name is durable when this resolves. Fails as the file system does. */
  async begin(): Promise<Segment> {
    const segment = new Segment(this.#nextNumber, Math.floor(this.#random() * 2 ** 32));
    // A name is used once, even where making the file failed half-way.
    this.#nextNumber += 1;
    const name = path.join(this.#folder, `${segment.name}.log`);
    const file = await open(name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      await syncFolder(this.#folder);
    } catch (error) {
      await file.close();
      // Each attempt has a name of its own: they would come to be many.
      await rm(name, { force: true }).catch(ignore);
      throw error;
    }
    this.#current = { segment, file, isDoubtful: false };
    return segment;
  }

  /** Writes behind what is there. When it fails, the segment is as before, or closed. */
  async write(parts: Uint8Array[], length: number, isDurable: boolean): Promise<void> {
    const { segment, file } = this.#need();
    try {
      const { bytesWritten } = await file.writev(parts, segment.end);
      if (bytesWritten !== length) {
        const message = `only ${bytesWritten} of ${length} bytes could be written, as on a full disk`;
        throw Object.assign(new Error(message), { code: 'ENOSPC' });
      }
      if (isDurable) await file.datasync();
    } catch (error) {
      await this.#repair(segment, file);
      throw error;
    }
  }

  /** Whether a sync of the segment failed, so that nothing more may be written to it. */
  get isDoubtful(): boolean {
    return this.#current?.isDoubtful ?? false;
  }

  /** Makes what was written durable. */
  async sync(): Promise<void> {
    const current = this.#current;
    try {
      await current?.file.datasync();
    } catch (error) {
      // A later sync would succeed without what the failed one left behind. A write may be under way: it is closed after it.
      if (current) current.isDoubtful = true;
      throw error;
    }
  }

  /**
   * Closes the segment that is written to; the closing record saves reading it at the next start. Gives the reason why what
   * was not synced before may not be durable now, where there is one.
   */
  async seal(): Promise<unknown> {
    const current = this.#current;
    if (!current) return undefined;
    const { segment, file } = current;
    this.#current = undefined;
    segment.isSealed = true;
    try {
      const closing = totalRecord(segment.key, segment.total);
      await file.write(closing, 0, closing.length, segment.end);
    } catch {
      // A segment without its closing record, or with a part of it, is read whole at the next start.
    }
    try {
      await file.datasync();
    } catch (error) {
      return error;
    } finally {
      await file.close().catch(ignore);
    }
    return undefined;
  }

  /**
   * Nothing of a failed write may stay before later records. Where it can not be cut off nothing is written behind it:
   * the next write begins a new segment. After a failed sync nobody knows what the disk has, so that it is never
   * written to again either (https://lwn.net/Articles/752063/).
   */
  async #repair(segment: Segment, file: FileHandle): Promise<void> {
    this.#current = undefined;
    segment.isSealed = true;
    try {
      await file.truncate(segment.end);
    } catch {
      // Readers stop at the segment's end; whoever opens it later reads records that were refused, and sends them twice.
    }
    await file.close().catch(ignore);
  }

  #need(): Current {
    if (!this.#current) throw new Error('there is no segment to write to');
    return this.#current;
  }
}

function ignore(): void {
  // The reason was reported by what failed before.
}

/** Makes names of files in it durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
