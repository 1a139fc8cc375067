// Files of a control group as numbers; files that are not there are no problem, as which there are depends on the group.

import { RememberedText } from '../../proto/otlp/remembered-text.ts';
import { ProcFile, type Content } from './proc-file.ts';
import type { Problems } from './problems.ts';
import { NO_NUMBER, Scan } from './scan.ts';

/** A missing file is looked for again after so many readings. */
const RETRY_MISSING = 60;

export class CgroupFiles {
  readonly #problems: Problems;
  readonly #files = new Map<string, ProcFile>();
  /** Readings until a missing file is looked for again. */
  readonly #missing = new Map<string, number>();
  readonly #names = new RememberedText(256, (text) => text);
  readonly scan = new Scan();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** Undefined where the file is not there or can not be read. */
  content(path: string): Content | undefined {
    const wait = this.#missing.get(path) ?? 0;
    if (wait > 0) {
      this.#missing.set(path, wait - 1);
      return undefined;
    }
    let file = this.#files.get(path);
    if (!file) this.#files.set(path, (file = new ProcFile(path, { isWhole: true })));
    try {
      return file.read();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // ENODEV: the group itself is gone. EOPNOTSUPP: pressure is switched off.
      if (code === 'ENOENT' || code === 'ENODEV' || code === 'EOPNOTSUPP') this.#missing.set(path, RETRY_MISSING);
      else this.#problems.noteError(path, error);
      return undefined;
    }
  }

  /** The number a file begins with; undefined for `max`. */
  number(path: string): number | undefined {
    const content = this.content(path);
    if (!content) return undefined;
    const scan = this.scan.reset(content);
    const value = scan.integer();
    if (value !== NO_NUMBER) return value;
    if (!scan.isField('max') && !scan.isField('-1')) this.#problems.note(path, 'it is no number');
    return undefined;
  }

  /** `name number` line by line, given to `take`. */
  pairs(path: string, take: (name: string, value: number) => void): void {
    const content = this.content(path);
    if (!content) return;
    const scan = this.scan.reset(content);
    if (scan.isAtEnd) return;
    do {
      if (!scan.field()) continue;
      const name = this.#names.of(scan.bytes, scan.start, scan.stop);
      const value = scan.integer();
      if (value === NO_NUMBER) this.#problems.note(path, 'a line is no name with a number');
      else take(name, value);
    } while (scan.nextLine());
  }

  note(path: string, reason: string): void {
    this.#problems.note(path, reason);
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}
