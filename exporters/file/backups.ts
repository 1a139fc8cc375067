// Old files of a rotation: their names, which the collector reads and writes as well, and which of them are deleted.

import { readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const DAY_MS = 86_400_000;
/** `2026-01-02T15-04-05.000`. */
const TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2})-(\d{2})-(\d{2})\.(\d{3})(?:-[A-Za-z0-9_-]+)?$/;

export interface BackupSettings {
  /** 0: no limit. */
  readonly maxDays: number;
  readonly maxBackups: number;
  readonly localTime: boolean;
}

/** Puts the file aside under a name with the time and the reason, `out-2026-01-02T15-04-05.000-size.json`; which time that is. */
export async function putAside(file: string, nowMs: number, localTime: boolean): Promise<number> {
  const { dir, name, ext } = path.parse(file);
  for (let time = nowMs; ; time++) {
    const target = path.join(dir, `${name}-${timeText(time, localTime)}-size${ext}`);
    // Two rotations in one millisecond must not overwrite each other.
    if (await exists(target)) continue;
    await rename(file, target);
    return time;
  }
}

/** Deletes old files that are too many or too old. Names without a reason, as older collectors wrote them, count too. */
export async function deleteOldBackups(file: string, nowMs: number, settings: BackupSettings): Promise<void> {
  const { maxBackups, maxDays, localTime } = settings;
  if (maxBackups === 0 && maxDays === 0) return;
  const { dir, name, ext } = path.parse(file);
  const backups: { readonly entry: string; readonly timeMs: number }[] = [];
  for (const entry of await readdir(dir === '' ? '.' : dir)) {
    if (!entry.startsWith(`${name}-`) || !entry.endsWith(ext)) continue;
    const timeMs = timeOf(entry.slice(name.length + 1, entry.length - ext.length), localTime);
    if (timeMs !== undefined) backups.push({ entry, timeMs });
  }
  backups.sort((a, b) => b.timeMs - a.timeMs);
  for (const [index, { entry, timeMs }] of backups.entries()) {
    const isTooMany = maxBackups > 0 && index >= maxBackups;
    const isTooOld = maxDays > 0 && timeMs < nowMs - maxDays * DAY_MS;
    if (isTooMany || isTooOld) await rm(path.join(dir, entry), { force: true });
  }
}

function timeText(timeMs: number, localTime: boolean): string {
  const time = new Date(timeMs);
  const shifted = localTime ? new Date(timeMs - time.getTimezoneOffset() * 60_000) : time;
  return shifted.toISOString().slice(0, -1).replaceAll(':', '-');
}

function timeOf(text: string, localTime: boolean): number | undefined {
  const parts = TIME.exec(text)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0] = parts;
  return localTime
    ? new Date(year, month - 1, day, hour, minute, second, millisecond).getTime()
    : Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
