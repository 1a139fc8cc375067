// Where the bare text goes: the standard streams, and files. A text is printed before its batch is acknowledged, so that
// nothing waits in memory for a slow disk.

import { open, type FileHandle } from 'node:fs/promises';

export interface Output {
  /** As configured. */
  readonly path: string;
  /** Fails with the operating system's error. */
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

/** `stdout`, `stderr`, or a file, which is appended to. Fails with the operating system's error. */
export async function openOutput(path: string): Promise<Output> {
  if (path === 'stdout' || path === 'stderr') return standard(path);
  return new FileOutput(path, await open(path.replace(/^file:\/\//, ''), 'a'));
}

/** Node writes to terminals, files and pipes at once, so there is nothing to wait for. */
function standard(path: 'stdout' | 'stderr'): Output {
  return {
    path,
    write: (text) => {
      process[path].write(text);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

class FileOutput implements Output {
  readonly path: string;
  readonly #handle: FileHandle;
  /** Settles, always well, when what came before is written: a text is never inside of another. */
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  write(text: string): Promise<void> {
    const written = this.#last.then(() => this.#handle.appendFile(text));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }
}
