// For tests of the queue on disk: folders that go away, batches that can be told apart, a holder that collects.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { batchOf, joinChunks, type Batch } from '../../pipeline/batch.ts';
import { FolderStorage, type FolderStorageOptions } from '../../pipeline/storage/folder-storage.ts';
import type { Amount, DurableLog, LogHolder, LogRecord } from '../../pipeline/storage/storage.ts';

export const NAME = 'exporter.otlp_grpc.backend';

/** A new folder; `using` deletes it. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(path.join(os.tmpdir(), 'storage-test-'));

  /** The folder of the log that tests use. */
  get log(): string {
    return path.join(this.path, NAME);
  }

  files(ending: string): string[] {
    return readdirSync(this.log)
      .filter((name) => name.endsWith(ending))
      .sort();
  }

  /** What a process that is killed now leaves behind. */
  crashed(): Folder {
    const copy = new Folder();
    cpSync(this.path, copy.path, { recursive: true });
    return copy;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Batch number `id` of `length` bytes; its items are 1 more than its number. */
export function numbered(id: number, length = 100): Batch {
  const bytes = Buffer.alloc(Math.max(4, length), id & 0xff);
  bytes.writeUInt32LE(id, 0);
  return batchOf('traces', bytes, id + 1);
}

/** The number of a batch; fails where its bytes are not those of `numbered`. */
export function numberOf(batch: Batch): number {
  const bytes = Buffer.from(joinChunks(batch));
  const id = bytes.readUInt32LE(0);
  if (!bytes.equals(joinChunks(numbered(id, bytes.length))) || batch.items !== id + 1) {
    throw new Error(`batch ${id} is not what was appended`);
  }
  return id;
}

export class Collector implements LogHolder {
  readonly records: LogRecord[] = [];
  readonly damage: Amount[] = [];
  readonly failures: (string | undefined)[] = [];
  syncs = 0;

  take(record: LogRecord): void {
    this.records.push(record);
  }

  synced(): void {
    this.syncs += 1;
  }

  damaged(_file: string, lost: Amount): void {
    this.damage.push(lost);
  }

  failing(reason: string | undefined): void {
    this.failures.push(reason);
  }

  get numbers(): number[] {
    return this.records.map(({ batch }) => numberOf(batch));
  }
}

export const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

export function storageAt(folder: Folder, options: Partial<FolderStorageOptions> = {}): FolderStorage {
  return new FolderStorage({
    directory: folder.path,
    configuredAt: 'extensions::file_storage',
    settings: { fsync: false, maxBytes: 0 },
    lockTimeoutMs: 0,
    log: QUIET,
    steadyNow: () => performance.now(),
    random: Math.random,
    ...options,
  });
}

/** Opens the log of the folder and waits until what is in it has been read. */
export async function openedLog(
  folder: Folder,
  options: Partial<FolderStorageOptions> = {},
): Promise<{ log: DurableLog; holder: Collector }> {
  const holder = new Collector();
  const log = await storageAt(folder, options).openLog(NAME, holder);
  log.start();
  await until(() => holder.records.length >= log.pending.requests);
  return { log, holder };
}

/** Whether a small file system can be made for a test. */
export function canMount(): boolean {
  using folder = new Folder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path], { stdio: 'ignore' });
    execFileSync('umount', [folder.path]);
    return true;
  } catch {
    return false;
  }
}

/** Waits for what a test expects; fails after five seconds. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let step = 0; step < 1000; step += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not happen within five seconds');
}
