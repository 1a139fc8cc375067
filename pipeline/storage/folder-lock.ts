// One process per folder. Node has no file locks of its own, and a file with a process id in it is no lock (ids are reused
// and differ between containers); SQLite takes the kernel's, which end with the process whatever way it ends.

import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AgentError } from '../errors.ts';

const ATTEMPT_EVERY_MS = 50;
/** SQLITE_BUSY of the result codes, https://sqlite.org/rescode.html#busy. */
const SQLITE_BUSY = 5;

export interface FolderLock {
  release(): void;
}

/** Waits up to `timeoutMs` for another process. Fails with AgentError STORAGE_LOCKED. */
export async function lockFolder(folder: string, timeoutMs: number): Promise<FolderLock> {
  for (let waitedMs = 0; ; waitedMs += ATTEMPT_EVERY_MS) {
    const lock = tryLock(path.join(folder, 'lock'));
    if (lock) return lock;
    if (waitedMs >= timeoutMs) {
      throw new AgentError('STORAGE_LOCKED', `another process uses ${folder}; waited ${timeoutMs} ms for it`, {
        mend: 'stop the other agent, or give each a directory of its own: extensions::file_storage::directory',
      });
    }
    await new Promise((resolve) => setTimeout(resolve, ATTEMPT_EVERY_MS));
  }
}

function tryLock(file: string): FolderLock | undefined {
  const database = new DatabaseSync(file);
  try {
    // Without a journal on disk, which would need room there: an agent starts on a full disk as well.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}
