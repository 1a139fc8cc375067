// When the system started: the start time of everything that counts from then on.

import { ProcFile } from './proc-file.ts';
import type { Problems } from './problems.ts';
import { NO_NUMBER, Scan } from './scan.ts';

/** Read once; asked again until it can be told. Closes what it opens. */
export class BootTime {
  readonly #file: ProcFile;
  readonly #problems: Problems;
  #bootUnixS = 0;

  constructor(root: string, problems: Problems) {
    this.#file = new ProcFile(`${root}/proc/stat`, { isWhole: true });
    this.#problems = problems;
  }

  /** Seconds since the epoch, 0 where it can not be told. */
  unixS(): number {
    if (this.#bootUnixS === 0) this.#read();
    return this.#bootUnixS;
  }

  unixNano(): bigint {
    return BigInt(this.unixS()) * 1_000_000_000n;
  }

  #read(): void {
    try {
      const scan = new Scan().reset(this.#file.read());
      do {
        if (!scan.field() || !scan.isField('btime')) continue;
        const seconds = scan.integer();
        if (seconds !== NO_NUMBER) this.#bootUnixS = seconds;
        return;
      } while (scan.nextLine());
      this.#problems.note(this.#file.path, 'it has no line "btime", so that points have no start time', 0);
    } catch (error) {
      this.#problems.noteError(this.#file.path, error, 0);
    } finally {
      this.#file.close();
    }
  }
}
