// All processes of the host with what /proc/[pid]/stat says of each, read once per scrape for all scrapers that want it.

import { readdirSync } from 'node:fs';
import { decodeUtf8 } from '../../proto/otlp/text.ts';
import { ProcFile, readOnce, type Content } from './proc-file.ts';
import { Scan } from './scan.ts';

/** Files of processes that stay open; the rest are opened at each reading. */
const MAX_KEPT_OPEN = 512;
const CLOSING_PARENTHESIS = 0x29;

/** What /proc/[pid]/stat says (proc_pid_stat(5)). Times are in ticks. */
export class ProcessEntry {
  readonly pid: number;
  readonly folder: string;
  /** The name, cut to 15 bytes by the kernel. */
  comm = '';
  /** A letter: R, S, D, Z … */
  state = '';
  parentPid = 0;
  isKernelThread = false;
  minorFaults = 0;
  majorFaults = 0;
  userTicks = 0;
  systemTicks = 0;
  /** What it waited for block devices. */
  waitTicks = 0;
  threads = 0;
  /** Since the system started; with the pid it tells processes apart. */
  startTicks = 0;
  /** Ticks at the reading before this one; 0 at the first. */
  ticksBefore = 0;
  #commBytes = new Uint8Array(0);
  #file: ProcFile | undefined;

  constructor(pid: number, folder: string, keepOpen: boolean) {
    this.pid = pid;
    this.folder = folder;
    if (keepOpen) this.#file = new ProcFile(`${folder}/stat`, { isWhole: true });
  }

  get isKeptOpen(): boolean {
    return this.#file !== undefined;
  }

  get cpuTicks(): number {
    return this.userTicks + this.systemTicks;
  }

  /** Fails with what the system says, also where the process is gone, or where what is there is not of a process. */
  read(scan: Scan): void {
    const content = this.#file ? this.#file.read() : readOnce(`${this.folder}/stat`);
    const before = this.cpuTicks;
    const startedBefore = this.startTicks;
    if (!this.#parse(scan.reset(content), content)) throw new Error('it is not what is said of a process');
    this.ticksBefore = startedBefore === this.startTicks ? before : 0;
  }

  close(): void {
    this.#file?.close();
  }

  /** `42 (a name (with) anything) S 1 …` */
  #parse(scan: Scan, { bytes, length }: Content): boolean {
    let close = length - 1;
    while (close >= 0 && bytes[close] !== CLOSING_PARENTHESIS) close--;
    if (!scan.field() || close <= scan.stop + 2) return false;
    this.#setComm(bytes, scan.stop + 2, close);
    scan.at = close + 1;
    if (!scan.field()) return false;
    this.state = scan.text();
    this.parentPid = Math.max(0, scan.integer());
    scan.skip(4);
    // PF_KTHREAD.
    this.isKernelThread = Math.floor(scan.integer() / 0x20_0000) % 2 === 1;
    this.minorFaults = scan.integer();
    scan.skip(1);
    this.majorFaults = scan.integer();
    scan.skip(1);
    this.userTicks = scan.integer();
    this.systemTicks = scan.integer();
    scan.skip(4);
    this.threads = scan.integer();
    scan.skip(1);
    this.startTicks = scan.integer();
    scan.skip(19);
    this.waitTicks = Math.max(0, scan.integer());
    return this.startTicks >= 0 && this.userTicks >= 0 && this.systemTicks >= 0;
  }

  /** Makes a string only of a name that is new. */
  #setComm(bytes: Uint8Array, start: number, end: number): void {
    const known = this.#commBytes;
    if (known.length === end - start) {
      let at = 0;
      while (at < known.length && known[at] === bytes[start + at]) at++;
      if (at === known.length) return;
    }
    this.#commBytes = bytes.slice(start, end);
    this.comm = decodeUtf8(bytes, start, end);
  }
}

export class ProcessTable {
  readonly #folder: string;
  readonly #scan = new Scan();
  #byPid = new Map<number, ProcessEntry>();
  #entries: readonly ProcessEntry[] = [];
  #total = 0;
  #keptOpen = 0;
  #isStale = true;
  #failure: unknown;

  /** `folder` is /proc. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Processes that were there when the folder was read, of which some may be gone. */
  get total(): number {
    return this.#total;
  }

  /** Why some process could not be read that has not ended; undefined where all could. */
  get failure(): unknown {
    return this.#failure;
  }

  /** What follows is to be read anew. */
  startScrape(): void {
    this.#isStale = true;
  }

  /** Fails where the folder can not be read. */
  read(): readonly ProcessEntry[] {
    if (!this.#isStale) return this.#entries;
    const names = readdirSync(this.#folder);
    const byPid = new Map<number, ProcessEntry>();
    const entries: ProcessEntry[] = [];
    this.#total = 0;
    this.#failure = undefined;
    for (const name of names) {
      const first = name.codePointAt(0) ?? 0;
      if (first < 0x30 || first > 0x39) continue;
      const pid = Number(name);
      if (!Number.isSafeInteger(pid)) continue;
      this.#total++;
      const entry = this.#read(pid, name);
      if (!entry) continue;
      byPid.set(pid, entry);
      entries.push(entry);
    }
    for (const [pid, entry] of this.#byPid) if (byPid.get(pid) !== entry) this.#drop(entry);
    this.#byPid = byPid;
    this.#entries = entries;
    this.#isStale = false;
    return entries;
  }

  close(): void {
    for (const entry of this.#byPid.values()) this.#drop(entry);
    this.#byPid.clear();
    this.#entries = [];
  }

  #read(pid: number, name: string): ProcessEntry | undefined {
    const known = this.#byPid.get(pid);
    if (known && this.#hasRead(known)) return known;
    // New, or another process has taken the number.
    const keepOpen = this.#keptOpen < MAX_KEPT_OPEN;
    const entry = new ProcessEntry(pid, `${this.#folder}/${name}`, keepOpen);
    if (!this.#hasRead(entry)) {
      entry.close();
      return undefined;
    }
    if (keepOpen) this.#keptOpen++;
    return entry;
  }

  #hasRead(entry: ProcessEntry): boolean {
    try {
      entry.read(this.#scan);
      return true;
    } catch (error) {
      if (!isGone(error)) this.#failure ??= error;
      return false;
    }
  }

  #drop(entry: ProcessEntry): void {
    if (entry.isKeptOpen) this.#keptOpen--;
    entry.close();
  }
}

/** Whether a process has ended: that is no problem, and happens at any time. */
export function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
