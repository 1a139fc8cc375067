// How many TCP connections are in which state, counted in /proc/net/tcp and tcp6.

import { ProcFile } from '../proc-file.ts';
import type { Problems } from '../problems.ts';
import { Scan } from '../scan.ts';

/** By the number the kernel gives a state (include/net/tcp_states.h); 0 never occurs, and is the collector's DELETE. */
export const TCP_STATES = [
  'DELETE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
] as const;

/**
 * To list connections the kernel walks a table that grows with the machine's memory, 3.5 ms for each of the two files on one
 * with 24 GB, however few connections there are. Reading takes at most this share of the time: at short intervals some
 * scrapes go without.
 */
const MOST_OF_TIME = 1 / 1_000;

/** A request that is not yet a connection. */
const NEW_SYN_RECV = 12;
const SYN_RECV = 3;

export class TcpConnections {
  readonly counts = new Float64Array(TCP_STATES.length);
  /** Whether the last `read` counted. */
  isThere = false;
  readonly #monotonicMs: () => number;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  readonly #files: readonly ProcFile[];
  readonly #problems: Problems;
  readonly #scan = new Scan();

  /** `monotonicMs`: a clock in milliseconds that nobody sets. */
  constructor(proc: string, problems: Problems, monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
    this.#files = ['tcp', 'tcp6'].map((name) => new ProcFile(`${proc}/net/${name}`));
    this.#problems = problems;
  }

  read(): void {
    this.isThere = false;
    const startedMs = this.#monotonicMs();
    if (startedMs < this.#notBeforeMs) return;
    this.counts.fill(0);
    for (const file of this.#files) {
      try {
        this.#count(this.#scan.reset(file.read()), file.path);
        this.isThere = true;
      } catch (error) {
        // A kernel without IPv6 has no tcp6.
        const isOptional = file.path.endsWith('tcp6') && (error as NodeJS.ErrnoException).code === 'ENOENT';
        if (!isOptional) this.#problems.noteError(file.path, error, TCP_STATES.length);
      }
    }
    const nowMs = this.#monotonicMs();
    this.#notBeforeMs = startedMs + (nowMs - startedMs) / MOST_OF_TIME;
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  /** `   0: 0100007F:1F90 00000000:0000 0A …` below a line of headings. */
  #count(scan: Scan, path: string): void {
    while (scan.nextLine()) {
      if (!scan.field()) continue;
      scan.skip(2);
      const state = scan.field() && scan.stop - scan.start === 2 ? hexByte(scan) : -1;
      const index = state === NEW_SYN_RECV ? SYN_RECV : state;
      if (index < 0 || index >= TCP_STATES.length) this.#problems.note(path, 'a line has no state of a connection');
      // Safe: index is that of a state.
      else this.counts[index] = (this.counts[index] as number) + 1;
    }
  }
}

function hexByte(scan: Scan): number {
  // Safe: the field has two bytes.
  return (hexDigit(scan.bytes[scan.start] as number) << 4) | hexDigit(scan.bytes[scan.start + 1] as number);
}

/** -1, which makes the byte negative, for what is no digit. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x37;
  return -1;
}
