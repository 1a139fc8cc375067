// A small map in one file, written whole under another name and renamed, so that a reader finds the old or the new one.

import { open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { AgentError } from '../errors.ts';
import { syncFolder } from './segment-writer.ts';
import type { StateStore } from './storage.ts';

const FILE = 'state.json';
/** What a state may hold; it is written whole at each change. */
const MAX_BYTES = 16 << 20;

export class StateFile implements StateStore {
  readonly #folder: string;
  readonly #fsync: boolean;
  readonly #onClose: () => void;
  #values: Map<string, Buffer>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(folder: string, fsync: boolean, values: Map<string, Buffer>, onClose: () => void) {
    this.#folder = folder;
    this.#fsync = fsync;
    this.#values = values;
    this.#onClose = onClose;
  }

  /** Fails with AgentError STORAGE_UNUSABLE when what is there is not a state. */
  static async open(folder: string, options: { fsync: boolean; onClose: () => void }): Promise<StateFile> {
    const file = path.join(folder, FILE);
    let text = '{}';
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    return new StateFile(folder, options.fsync, parse(text, file), options.onClose);
  }

  get(key: string): Buffer | undefined {
    return this.#values.get(key);
  }

  update(changes: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    const written = this.#writing.then(() => this.#apply(changes));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#onClose();
  }

  async #apply(changes: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    const values = new Map(this.#values);
    for (const [key, value] of changes) {
      if (value === undefined) values.delete(key);
      else values.set(key, Buffer.from(value));
    }
    const text = JSON.stringify(Object.fromEntries([...values].map(([key, value]) => [key, value.toString('base64')])));
    if (text.length > MAX_BYTES) {
      throw new AgentError(
        'STORAGE_UNUSABLE',
        `the state in ${this.#folder} would have ${text.length} bytes, ${MAX_BYTES} are allowed`,
      );
    }
    const file = path.join(this.#folder, FILE);
    const handle = await open(`${file}.new`, 'w', 0o600);
    try {
      await handle.writeFile(text);
      if (this.#fsync) await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(`${file}.new`, file);
    if (this.#fsync) await syncFolder(this.#folder);
    this.#values = values;
  }
}

function parse(text: string, file: string): Map<string, Buffer> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) throw new Error('no object');
    return new Map(Object.entries(parsed).map(([key, value]) => [key, Buffer.from(String(value), 'base64')]));
  } catch (error) {
    throw new AgentError('STORAGE_UNUSABLE', `${file} is not a state of this agent`, {
      mend: 'move it away; the component then begins anew',
      cause: error,
    });
  }
}
