// One open file. What arrives while a write is under way goes out together in the next one; each caller is answered when its
// record is in the file. After a failed write the file is cut back, so that it never holds half a record.

import { open, type FileHandle } from 'node:fs/promises';
import { Refused, Rejected } from '../../pipeline/delivery.ts';
import { deleteOldBackups, putAside, type BackupSettings } from './backups.ts';

const FILE_MODE = 0o644;

export interface FileWriterOptions {
  readonly path: string;
  readonly append: boolean;
  readonly rotation?: BackupSettings & { readonly maxBytes: number };
  readonly now: () => number;
  /** Something went wrong that does not concern the data, such as deleting an old file. */
  readonly warn: (problem: string, error: unknown) => void;
}

interface Waiting {
  readonly record: Uint8Array;
  /** Of the batch, for the refusal of a record that is too large. */
  readonly items: number;
  readonly resolve: () => void;
  readonly reject: (error: Refused | Rejected) => void;
}

export class FileWriter {
  readonly #options: FileWriterOptions;
  #handle: FileHandle | undefined;
  /** Bytes in the file that belong to whole records. */
  #size = 0;
  /** Bounded by the sends that the exporter lets run at the same time. */
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #isClosed = false;
  #putAsideMs = 0;

  constructor(options: FileWriterOptions) {
    this.#options = options;
  }

  /** Fails with the operating system's error. */
  async open(): Promise<void> {
    const { path, append, rotation } = this.#options;
    await this.#openFile(path, { empty: !append && rotation === undefined });
    if (rotation) await this.#deleteOld();
  }

  /** Resolves when the record is in the file. Fails with Refused, or with Rejected where it is larger than a file may be. */
  write(record: Uint8Array, items: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ record, items, resolve, reject });
    this.#writing ??= this.#writeAll();
    return promise;
  }

  /** Finishes what is being written and closes the file. A record that comes later still is appended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#writing) await this.#writing;
    else await this.#closeFile();
  }

  /** Never fails: errors go to those who wait. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#writeGroup(group);
        for (const { resolve } of group) resolve();
      } catch (error) {
        const failure = this.#failureOf(error);
        for (const { reject } of group) reject(failure);
      }
    }
    if (this.#isClosed) await this.#closeFile();
    this.#writing = undefined;
  }

  /** Everything that waits; with rotation as much as one file holds. */
  #nextGroup(): Waiting[] {
    const { rotation } = this.#options;
    if (!rotation) {
      const group = this.#waiting;
      this.#waiting = [];
      return group;
    }
    let bytes = 0;
    let taken = 0;
    for (const { record } of this.#waiting) {
      if (taken > 0 && this.#size + bytes + record.length > rotation.maxBytes) break;
      bytes += record.length;
      taken++;
    }
    return this.#waiting.splice(0, taken);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    let bytes = 0;
    for (const { record } of group) bytes += record.length;
    const { rotation, path } = this.#options;
    if (rotation && bytes > rotation.maxBytes) {
      throw new Rejected(`a request of ${bytes} bytes does not fit in ${path}: files may have ${rotation.maxBytes}`, {
        count: group.reduce((sum, { items }) => sum + items, 0),
        kind: 'too_large',
      });
    }
    if (rotation && this.#size > 0 && this.#size + bytes > rotation.maxBytes) await this.#rotate();
    // A rotation that failed half-way left no file open.
    if (!this.#handle) await this.#openFile(path, { empty: false });
    await this.#writeBytes(this.#handle, group);
    this.#size += bytes;
  }

  async #writeBytes(handle: FileHandle | undefined, group: readonly Waiting[]): Promise<void> {
    if (!handle) return;
    const [first] = group;
    const whole = group.length === 1 && first ? first.record : Buffer.concat(group.map(({ record }) => record));
    let written = 0;
    try {
      while (written < whole.length) written += (await handle.write(whole, written)).bytesWritten;
    } catch (error) {
      if (written > 0) await this.#cutBack(handle, written);
      throw error;
    }
  }

  /** Takes the last bytes out, which are half a record, even of a file that somebody else has emptied meanwhile. */
  async #cutBack(handle: FileHandle, bytes: number): Promise<void> {
    try {
      const { size } = await handle.stat();
      await handle.truncate(Math.max(0, size - bytes));
    } catch (error) {
      this.#options.warn('Taking half a record out of the file failed', error);
    }
  }

  async #rotate(): Promise<void> {
    const { path, rotation, now } = this.#options;
    await this.#closeFile();
    // Later than the one before even if the clock is not, for the names say which are the oldest.
    const timeMs = Math.max(now(), this.#putAsideMs + 1);
    this.#putAsideMs = await putAside(path, timeMs, rotation?.localTime ?? false);
    await this.#openFile(path, { empty: false });
    await this.#deleteOld();
  }

  async #deleteOld(): Promise<void> {
    const { path, rotation, now, warn } = this.#options;
    if (!rotation) return;
    try {
      await deleteOldBackups(path, now(), rotation);
    } catch (error) {
      warn('Deleting old files failed', error);
    }
  }

  /** Always to append: a file without it would have a hole where a failed write was cut back. */
  async #openFile(path: string, { empty }: { readonly empty: boolean }): Promise<void> {
    const handle = await open(path, 'a', FILE_MODE);
    this.#handle = handle;
    const status = await handle.stat();
    const isEmptied = empty && status.isFile();
    if (isEmptied) await handle.truncate(0);
    this.#size = isEmptied ? 0 : status.size;
  }

  /** Never fails. */
  async #closeFile(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      await handle?.close();
    } catch (error) {
      this.#options.warn('Closing the file failed', error);
    }
  }

  #failureOf(error: unknown): Refused | Rejected {
    if (error instanceof Rejected) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new Refused(`${this.#options.path} can not be written: ${reason}`, { cause: error });
  }
}
