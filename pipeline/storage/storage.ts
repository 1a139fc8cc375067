// What a storage extension offers to components that ask for it by `context.extension(id)`: logs of batches that survive
// a crash, and small states such as how far a file has been read.

import type { Batch } from '../batch.ts';
import type { Signal } from '../signal.ts';

/** Implemented by storage extensions. Names are those of `storageName`: the same whichever spelling a type is written in. */
export interface Storage {
  /**
   * Opens a log, or joins it where a predecessor of the same component still has it. Fails with AgentError:
   * STORAGE_LOCKED when another process has it, STORAGE_UNUSABLE when the disk does not let it be opened.
   */
  openLog(name: string, holder: LogHolder): Promise<DurableLog>;
  /** Opens a state for one owner. Fails as `openLog` does. */
  openState(name: string): Promise<StateStore>;
}

/** Requests, items and bytes of batches. */
export interface Amount {
  readonly requests: number;
  readonly items: number;
  readonly bytes: number;
}

/** One batch in a log. */
export interface LogRecord {
  readonly batch: Batch;
}

/** Who delivers what is in a log. Of several holders the one that came first is given the records. */
export interface LogHolder {
  /** The next batch in order, to be delivered and settled. Called for batches appended by any holder. */
  take(record: LogRecord): void;
  /** What was written has been made durable. */
  synced(seconds: number): void;
  /**
   * Some records of a file can not be read any more; it is kept under another name once the others are settled. `signal`
   * is that of its other records, where there are any.
   */
  damaged(file: string, lost: Amount, signal: Signal | undefined): void;
  /** Writing fails; `undefined`: it works again. */
  failing(reason: string | undefined): void;
}

/** A log as one holder sees it. */
export interface DurableLog {
  /** Everything that is not settled, on its way to the disk or to the destination included. */
  readonly pending: Amount;
  /** Bytes of the log's files. */
  readonly diskBytes: number;
  /** What was found at opening that may have reached the destination before a crash. */
  readonly possibleDuplicates: Amount;
  /** Whether another holder came, too: a successor during a reload. */
  readonly isShared: boolean;
  /** Begins to give records to the holder. */
  start(): void;
  /** No more records for this holder. */
  pause(): void;
  /**
   * Resolves once the batch is as durable as the storage's `fsync` says. Fails with Refused, retryable, when the log is
   * full or the disk fails, and with Rejected when the batch is larger than the whole log may be.
   */
  append(batch: Batch): Promise<void>;
  /** The record is done with: delivered, or dropped for a reason that was recorded. */
  settle(record: LogRecord): void;
  /** Nothing of the holder is under way any more. What it did not settle goes to the next holder, or stays for the next start. */
  release(): Promise<void>;
}

/** A small map on disk. Each change is there whole or not at all. */
export interface StateStore {
  get(key: string): Buffer | undefined;
  /** Sets some keys, and removes those whose value is undefined. Resolves when that is durable. */
  update(changes: ReadonlyMap<string, Uint8Array | undefined>): Promise<void>;
  close(): Promise<void>;
}

/** Whether a running extension is a storage. */
export function isStorage(extension: unknown): extension is Storage {
  return typeof extension === 'object' && extension !== null && 'openLog' in extension && 'openState' in extension;
}

/** The stable name of what a component keeps: `exporter.otlp_grpc.backend`. `id` is the context's, in the new spelling. */
export function storageName(kind: string, id: string, part = ''): string {
  const [type = id, name = ''] = id.split(/\/(.*)/s);
  return `${kind}.${type}.${name}${part === '' ? '' : `.${part}`}`;
}
