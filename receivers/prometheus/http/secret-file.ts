// A secret of the configuration, or of a file that is read again when it is used, at most once a second.

import { WatchedFile } from '../../../pipeline/watched-file.ts';
import type { SecretOrFile } from '../http-settings.ts';

const FRESH_MS = 1_000;

export class Secret {
  readonly #value: string;
  readonly #file: WatchedFile<string> | undefined;
  readonly #steadyNow: () => number;
  #readAtMs = Number.NEGATIVE_INFINITY;

  /** `key` names the file in messages. */
  constructor(given: SecretOrFile, key: string, component: string, steadyNow: () => number) {
    this.#value = given.value;
    this.#steadyNow = steadyNow;
    this.#file =
      given.file === ''
        ? undefined
        : new WatchedFile({
            path: given.file,
            key,
            component,
            parse: (text) => text.trim(),
            onFailure: () => undefined,
          });
  }

  /** Fails with CREDENTIALS_FILE. At once, not as a promise, where nothing has to be read. */
  read(): string | Promise<string> {
    const file = this.#file;
    if (!file) return this.#value;
    if (file.value !== undefined && this.#steadyNow() - this.#readAtMs < FRESH_MS) return file.value;
    return this.#reread(file);
  }

  async #reread(file: WatchedFile<string>): Promise<string> {
    const before = this.#steadyNow();
    await file.refresh();
    this.#readAtMs = before;
    // What was read without failing is there.
    return file.value ?? '';
  }
}
