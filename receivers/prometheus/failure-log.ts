// `scrape_failure_log_file`: a line of JSON for every scrape that failed, as Prometheus writes them. The file is opened anew when
// somebody has moved it away, so that it can be rotated.

import { createWriteStream, type WriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ComponentLogger } from '../../pipeline/telemetry.ts';

/** Lines that wait for the disk; what is beyond is not written, as a disk that hangs must not take the memory. */
const MAX_WAITING_BYTES = 1 << 20;
const LOOK_EVERY_MS = 10_000;

export class FailureLog {
  readonly #path: string;
  readonly #log: ComponentLogger;
  readonly #now: () => number;
  #file: WriteStream | undefined;
  #isBroken = false;
  #lookAtMs = 0;

  constructor(path: string, log: ComponentLogger, now: () => number) {
    this.#path = path;
    this.#log = log;
    this.#now = now;
  }

  write(job: string, target: string, error: string): void {
    const timeMs = this.#now();
    const file = (this.#file ??= this.#open());
    if (timeMs >= this.#lookAtMs) {
      this.#lookAtMs = timeMs + LOOK_EVERY_MS;
      stat(this.#path).catch(() => {
        // Moved or deleted: the next line begins a new file.
        this.#file?.end();
        this.#file = undefined;
      });
    }
    if (file.writableLength > MAX_WAITING_BYTES) return;
    const time = new Date(timeMs).toISOString();
    file.write(`${JSON.stringify({ time, level: 'ERROR', msg: error, job_name: job, target })}\n`);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file && !file.destroyed) await new Promise<void>((resolve) => file.end(resolve));
  }

  #open(): WriteStream {
    const file = createWriteStream(this.#path, { flags: 'a', mode: 0o640 });
    file.on('open', () => {
      this.#isBroken = false;
    });
    file.on('error', (error) => {
      if (!this.#isBroken)
        this.#log.warn({ file: this.#path, error: error.message }, 'Scrape failures can not be written');
      this.#isBroken = true;
      if (this.#file === file) this.#file = undefined;
    });
    return file;
  }
}
