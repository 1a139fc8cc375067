// A small file that is read again when it changes, such as one with a token: the last good content stays in use.

import { open } from 'node:fs/promises';
import { AgentError } from './errors.ts';

const MAX_BYTES = 4 << 20;
/** Looking costs a read of a small file. Polling also sees what Kubernetes does with links, which watching a file does not. */
const POLL_INTERVAL_MS = 1_000;

export interface WatchedFileOptions<T> {
  readonly path: string;
  /** The configuration key that names it, for messages. */
  readonly key: string;
  /** `extension:bearertokenauth`. */
  readonly component: string;
  /** The content's meaning. Fails with an Error whose message holds nothing of the content. */
  readonly parse: (text: string) => T;
  /** Told of new content. */
  readonly onChange?: (value: T) => void;
  /** Told why the file can not be used at the moment. */
  readonly onFailure: (error: unknown) => void;
  readonly pollIntervalMs?: number;
}

export class WatchedFile<T> {
  readonly #options: WatchedFileOptions<T>;
  #text: string | undefined;
  #value: T | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #failure = '';

  constructor(options: WatchedFileOptions<T>) {
    this.#options = options;
  }

  /** What was read last; undefined before the first success. */
  get value(): T | undefined {
    return this.#value;
  }

  /** Reads the file and looks for changes from then on. Fails with CREDENTIALS_FILE. */
  async start(): Promise<void> {
    await this.refresh();
    this.watch();
  }

  /** Looks for changes, also of a file that is not there yet. */
  watch(): void {
    this.#timer ??= setInterval(() => {
      this.refresh().catch((error: unknown) => this.#failed(error));
    }, this.#options.pollIntervalMs ?? POLL_INTERVAL_MS).unref();
  }

  /** Reads the file now. Fails with CREDENTIALS_FILE, and keeps what was read before. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #read(): Promise<void> {
    const { path, key, component, parse, onChange } = this.#options;
    let text: string;
    let value: T;
    try {
      text = await readBounded(path);
      if (text === this.#text) return;
      value = parse(text);
    } catch (error) {
      throw new AgentError('CREDENTIALS_FILE', `can not use ${key} ${path}: ${reasonOf(error)}`, {
        component,
        mend: isAccess(error) ? `let the agent's user read it: setfacl -m u:genesis-agent:r ${path}` : `correct ${key}`,
      });
    }
    this.#text = text;
    this.#value = value;
    this.#failure = '';
    onChange?.(value);
  }

  /** Says the same failure once, however often it is met. */
  #failed(error: unknown): void {
    const text = String(error);
    if (text === this.#failure) return;
    this.#failure = text;
    this.#options.onFailure(error);
  }
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, more than the ${MAX_BYTES} that are read`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function isAccess(error: unknown): boolean {
  return codeOf(error) === 'EACCES';
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'there is no such file';
  if (isAccess(error)) return 'this process may not read it';
  return error instanceof Error ? error.message : String(error);
}

/** A file that is one secret: its text without blanks around it. */
export function secretText(text: string): string {
  const secret = text.trim();
  if (secret === '') throw new Error('it is empty');
  return secret;
}
