// The files of one process besides its stat: memory, transfers, and what is read only where its metric is on.

import { readdirSync } from 'node:fs';
import { decodeUtf8 } from '../../proto/otlp/text.ts';
import { ProcFile, readOnce } from './proc-file.ts';
import { NO_NUMBER, Scan } from './scan.ts';

const scan = new Scan();

/** Of /proc/[pid]/io (proc_pid_io(5)). */
const IO_LINES = ['rchar:', 'wchar:', 'syscr:', 'syscw:'] as const;

export interface Transfers {
  readBytes: number;
  writtenBytes: number;
  reads: number;
  writes: number;
}

/** The two files that are read of every process at every scrape. */
export class ProcessFiles {
  readonly #statm: ProcFile;
  readonly #io: ProcFile;
  readonly isKeptOpen: boolean;
  virtualPages = NO_NUMBER;
  residentPages = NO_NUMBER;
  readonly transfers: Transfers = { readBytes: NO_NUMBER, writtenBytes: 0, reads: 0, writes: 0 };

  constructor(folder: string, keepOpen: boolean) {
    this.#statm = new ProcFile(`${folder}/statm`, { isWhole: true });
    this.#io = new ProcFile(`${folder}/io`, { isWhole: true });
    this.isKeptOpen = keepOpen;
  }

  /** Fails with what the system says; NO_NUMBER where the file is not what it should be. */
  readMemory(): void {
    this.virtualPages = this.residentPages = NO_NUMBER;
    scan.reset(this.#statm.read());
    this.virtualPages = scan.integer();
    this.residentPages = scan.integer();
    if (!this.isKeptOpen) this.#statm.close();
  }

  /** As `readMemory`. */
  readTransfers(): void {
    const { transfers } = this;
    transfers.readBytes = NO_NUMBER;
    scan.reset(this.#io.read());
    const values: [number, number, number, number] = [NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_NUMBER];
    do {
      if (!scan.field()) continue;
      const index = IO_LINES.findIndex((line) => scan.isField(line));
      if (index >= 0) values[index] = scan.integer();
    } while (scan.nextLine());
    if (!this.isKeptOpen) this.#io.close();
    if (values.includes(NO_NUMBER)) return;
    [transfers.readBytes, transfers.writtenBytes, transfers.reads, transfers.writes] = values;
  }

  close(): void {
    this.#statm.close();
    this.#io.close();
  }
}

/** Open descriptors. Fails with what the system says. */
export function countDescriptors(folder: string): number {
  return readdirSync(`${folder}/fd`).length;
}

export interface ContextSwitches {
  voluntary: number;
  involuntary: number;
}

/** Of all threads together. Fails with what the system says. */
export function contextSwitches(folder: string, threads: number): ContextSwitches {
  const sum = { voluntary: 0, involuntary: 0 };
  if (threads <= 1) {
    addContextSwitches(sum, `${folder}/status`);
    return sum;
  }
  for (const thread of readdirSync(`${folder}/task`)) {
    try {
      addContextSwitches(sum, `${folder}/task/${thread}/status`);
    } catch {
      // A thread that has ended in the meantime.
    }
  }
  return sum;
}

function addContextSwitches(sum: ContextSwitches, path: string): void {
  scan.reset(readOnce(path));
  do {
    if (!scan.field()) continue;
    if (scan.isField('voluntary_ctxt_switches:')) sum.voluntary += Math.max(0, scan.integer());
    else if (scan.isField('nonvoluntary_ctxt_switches:')) sum.involuntary += Math.max(0, scan.integer());
  } while (scan.nextLine());
}

/** Signals that wait for the process as a whole. Fails with what the system says. */
export function pendingSignals(folder: string): number {
  scan.reset(readOnce(`${folder}/status`));
  do {
    if (!scan.field() || !scan.isField('ShdPnd:') || !scan.field()) continue;
    const mask = decodeUtf8(scan.bytes, scan.start, scan.stop);
    if (!/^[0-9a-f]+$/.test(mask)) return NO_NUMBER;
    return BigInt(`0x${mask}`).toString(2).replaceAll('0', '').length;
  } while (scan.nextLine());
  return NO_NUMBER;
}

/** The machine's memory in bytes. Fails with what the system says. */
export function totalMemoryBytes(root: string): number {
  scan.reset(readOnce(`${root}/proc/meminfo`));
  return scan.field() && scan.isField('MemTotal:') ? scan.integer() * 1_024 : NO_NUMBER;
}
