// A folder in which components keep logs and states, each in a folder of its own. What is open is known to the whole
// process, because a reload starts a component, or the storage itself, before its predecessor stops: both then share one
// log, and the successor is given the records once the predecessor has let go.

import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Batch } from '../batch.ts';
import { AgentError } from '../errors.ts';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { recover } from './recovery.ts';
import { SegmentLog, type LogSettings, type SegmentLogOptions } from './segment-log.ts';
import { addTo, newSum } from './segment.ts';
import { syncFolder } from './segment-writer.ts';
import { Settlements } from './settlements.ts';
import { StateFile } from './state-file.ts';
import type { Amount, DurableLog, LogHolder, LogRecord, StateStore, Storage } from './storage.ts';

export interface FolderStorageOptions extends Omit<SegmentLogOptions, 'folder'> {
  readonly directory: string;
  readonly settings: LogSettings;
  /** How long to wait for another process to leave a folder, in ms. */
  readonly lockTimeoutMs: number;
}

/** Longer names are cut and told apart by a hash; file systems allow 255 bytes. */
const NAME_MAX = 200;

interface OpenLog {
  readonly log: SegmentLog;
  readonly lock: FolderLock;
  readonly possibleDuplicates: Amount;
  /** In the order in which they came. */
  readonly holders: HeldLog[];
}

/** By folder. A log that is being closed is waited for. */
const openLogs = new Map<string, Promise<OpenLog>>();
const closing = new Map<string, Promise<void>>();

export class FolderStorage implements Storage {
  readonly #options: FolderStorageOptions;

  constructor(options: FolderStorageOptions) {
    this.#options = options;
  }

  async openLog(name: string, holder: LogHolder): Promise<DurableLog> {
    const folder = await this.#folderOf(name);
    await closing.get(folder);
    let opening = openLogs.get(folder);
    if (!opening) {
      opening = openLog(folder, this.#options, holder);
      openLogs.set(folder, opening);
      opening.catch(() => openLogs.delete(folder));
    }
    const opened = await opening;
    opened.log.configure(this.#options.settings);
    const held = new HeldLog(folder, opened, holder);
    opened.holders.push(held);
    return held;
  }

  async openState(name: string): Promise<StateStore> {
    const folder = await this.#folderOf(name);
    const lock = await lockFolder(folder, this.#options.lockTimeoutMs);
    try {
      const fsync = this.#options.settings.fsync !== false;
      return await StateFile.open(folder, { fsync, onClose: () => lock.release() });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  async #folderOf(name: string): Promise<string> {
    const folder = path.join(this.#options.directory, folderName(name));
    try {
      const made = await mkdir(folder, { mode: 0o700, recursive: true });
      // Data is only as durable as the name of its folder.
      if (made !== undefined) await syncFolder(this.#options.directory);
      return await realpath(folder);
    } catch (error) {
      throw unusable(folder, error);
    }
  }
}

async function openLog(folder: string, options: FolderStorageOptions, holder: LogHolder): Promise<OpenLog> {
  const lock = await lockFolder(folder, options.lockTimeoutMs);
  try {
    const settlements = new Settlements(folder);
    const found = await recover(folder, settlements);
    const possibleDuplicates = newSum();
    for (const { wasTaken, total, settled } of found.segments) {
      if (!wasTaken) continue;
      addTo(possibleDuplicates, total);
      addTo(possibleDuplicates, settled, -1);
    }
    for (const file of found.setAside) holder.damaged(file, newSum(), undefined);
    const log = new SegmentLog({ ...options, folder }, options.settings, found, settlements);
    return { log, lock, possibleDuplicates, holders: [] };
  } catch (error) {
    lock.release();
    throw unusable(folder, error);
  }
}

/** One holder's view of a log that several may share. */
class HeldLog implements DurableLog {
  readonly #folder: string;
  readonly #opened: OpenLog;
  readonly #holder: LogHolder;
  readonly possibleDuplicates: Amount;
  #isStarted = false;

  constructor(folder: string, opened: OpenLog, holder: LogHolder) {
    this.#folder = folder;
    this.#opened = opened;
    this.#holder = holder;
    this.possibleDuplicates = opened.holders.length === 0 ? opened.possibleDuplicates : newSum();
  }

  get pending(): Amount {
    return this.#opened.log.pending;
  }

  get diskBytes(): number {
    return this.#opened.log.diskBytes;
  }

  get isShared(): boolean {
    return this.#opened.holders.length > 1;
  }

  start(): void {
    this.#isStarted = true;
    this.#giveToFirst(this);
  }

  pause(): void {
    if (this.#opened.holders[0] === this) this.#opened.log.pause();
  }

  append(batch: Batch): Promise<void> {
    return this.#opened.log.append(batch);
  }

  settle(record: LogRecord): void {
    this.#opened.log.settle(record);
  }

  async release(): Promise<void> {
    const { holders, log, lock } = this.#opened;
    const place = holders.indexOf(this);
    if (place === -1) return;
    holders.splice(place, 1);
    const [next] = holders;
    if (next) {
      if (place === 0) this.#giveToFirst(next);
      return;
    }
    openLogs.delete(this.#folder);
    const closed = log.close().finally(() => {
      lock.release();
      closing.delete(this.#folder);
    });
    closing.set(this.#folder, closed);
    await closed;
  }

  #giveToFirst(one: HeldLog): void {
    const { holders, log } = this.#opened;
    if (holders[0] === one) log.giveTo(one.#isStarted ? one.#holder : undefined);
  }
}

/** Letters, digits, dot, hyphen and underscore stay; other characters become ~ and their number, as in the collector. */
function folderName(name: string): string {
  const safe = name.replaceAll(
    /[^A-Za-z0-9._-]/gu,
    (character) => `~${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  if (safe.length <= NAME_MAX) return safe;
  return `${safe.slice(0, NAME_MAX)}~${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

function unusable(folder: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AgentError('STORAGE_UNUSABLE', `${folder} can not be used: ${message}`, { cause: error });
}
