// Files of /proc and /sys: opened once, read again and again through the same descriptor into one buffer that all share.

import { closeSync, openSync, readSync } from 'node:fs';

/** Most files are far smaller. */
const FIRST_BYTES = 64 << 10;
/** A table of 100,000 connections takes 15 MB. */
const MOST_BYTES = 32 << 20;
/** The kernel refuses to read a file of /proc/sys with more room than 4 MiB (ENOMEM). */
const MOST_BYTES_A_READ = 1 << 20;

/** Where every file's content lies until the next one is read. */
let buffer = new Uint8Array(new ArrayBuffer(FIRST_BYTES));

/** Content in the shared buffer: valid until the next read. */
export interface Content {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/**
 * Reads all of an open file from its start. `isWhole`: the system gives the file in one piece, as it does with those that
 * are one record (stat, meminfo, /proc/[pid]/*), so that what comes short of the buffer is all. Fails with what the system
 * says, or where the file is larger than 32 MiB.
 */
export function readAll(descriptor: number, isWhole = false): Content {
  let length = 0;
  for (;;) {
    if (length === buffer.length) grow();
    const room = Math.min(buffer.length - length, MOST_BYTES_A_READ);
    const read = readSync(descriptor, buffer, length, room, length);
    length += read;
    if (read === 0 || (isWhole && read < room)) return { bytes: buffer, length };
  }
}

function grow(): void {
  if (buffer.length >= MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
  const larger = new Uint8Array(new ArrayBuffer(buffer.length * 2));
  larger.set(buffer);
  buffer = larger;
}

/** Reads a file that is not kept open. */
export function readOnce(path: string): Content {
  const descriptor = openSync(path, 'r');
  try {
    return readAll(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A file that is read at every scrape. */
export class ProcFile {
  readonly path: string;
  readonly #isWhole: boolean;
  #descriptor = -1;

  /** `isWhole` as for `readAll`. */
  constructor(path: string, options: { isWhole?: boolean } = {}) {
    this.path = path;
    this.#isWhole = options.isWhole ?? false;
  }

  /** Fails with what the system says, and opens the file again the next time. */
  read(): Content {
    if (this.#descriptor < 0) this.#descriptor = openSync(this.path, 'r');
    try {
      return readAll(this.#descriptor, this.#isWhole);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.#descriptor < 0) return;
    const descriptor = this.#descriptor;
    this.#descriptor = -1;
    closeSync(descriptor);
  }
}
