// `file_sd_configs`: target groups from JSON and YAML files, read when they change and at an interval. Semantics of
// discovery/file of Prometheus v3.14: a file that can not be read keeps the targets it had, one that is gone loses them.

import { hash } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { ComponentLogger } from '../../../pipeline/telemetry.ts';
import { glob } from '../path-glob.ts';
import type { Discovery, FileDiscoveryConfig, TargetGroup } from './discovery.ts';
import { Refreshing } from './refreshing.ts';
import { groupsOfJson, groupsOfYaml } from './target-groups.ts';

const MAX_FILES = 1_000;
const MAX_FILE_BYTES = 32 << 20;
/** Writing a file is several events. */
const SETTLE_MS = 50;

export class FileDiscovery implements Discovery {
  readonly #config: FileDiscoveryConfig;
  readonly #refreshing: Refreshing;
  readonly #log: ComponentLogger;
  /** The folders of the files, by path, while they can be watched. */
  readonly #watchers = new Map<string, FSWatcher>();
  /** Hashes of what was read last, by file. */
  readonly #hashes = new Map<string, string>();
  #settling: NodeJS.Timeout | undefined;
  #onGroups: Parameters<Discovery['start']>[0] = () => undefined;

  constructor(config: FileDiscoveryConfig, log: ComponentLogger) {
    this.#config = config;
    this.#log = log;
    this.#refreshing = new Refreshing({
      intervalMs: config.refreshIntervalMs,
      look: () => this.#look(),
      log,
      fields: { discovery: 'file', files: config.files.join(', ') },
    });
  }

  async start(onGroups: Parameters<Discovery['start']>[0]): Promise<void> {
    this.#onGroups = onGroups;
    this.#refreshing.start();
  }

  async stop(): Promise<void> {
    this.#refreshing.stop();
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #look(): Promise<void> {
    // Before reading, so that no change in between is missed.
    this.#watch();
    const found = new Set<string>();
    for (const pattern of this.#config.files) {
      for (const file of await glob(pattern, MAX_FILES + 1 - found.size)) found.add(file);
    }
    if (found.size > MAX_FILES) throw new Error(`the patterns stand for more than ${MAX_FILES} files; name fewer`);
    const problems: string[] = [];
    for (const file of found) {
      try {
        await this.#read(file);
      } catch (error) {
        problems.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (this.#refreshing.isStopped) return;
    }
    for (const file of this.#hashes.keys()) {
      if (found.has(file)) continue;
      this.#hashes.delete(file);
      this.#onGroups(file, []);
    }
    if (problems.length > 0) throw new Error(problems.join('; '));
  }

  async #read(file: string): Promise<void> {
    const text = await readBounded(file);
    const digest = hash('sha256', text);
    if (digest === this.#hashes.get(file)) return;
    const origin = { source: file, label: ['__meta_filepath', file] } as const;
    const isJson = path.extname(file).toLowerCase() === '.json';
    const groups: TargetGroup[] = isJson ? groupsOfJson(text, origin) : groupsOfYaml(text, origin);
    if (this.#refreshing.isStopped) return;
    this.#hashes.set(file, digest);
    this.#onGroups(file, groups);
  }

  /** Watches the folders that are not watched yet, perhaps because they did not exist. */
  #watch(): void {
    for (const pattern of this.#config.files) {
      const folder = path.dirname(pattern);
      if (this.#watchers.has(folder) || this.#refreshing.isStopped) continue;
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#changed());
        watcher.on('error', () => {
          watcher.close();
          this.#watchers.delete(folder);
        });
        this.#watchers.set(folder, watcher);
      } catch (error) {
        this.#log.debug(
          { folder, reason: String(error) },
          'a folder can not be watched; its files are read at intervals',
        );
      }
    }
  }

  #changed(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#refreshing.lookNow();
    }, SETTLE_MS).unref();
  }
}

async function readBounded(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size > MAX_FILE_BYTES) {
      throw new Error(`it has ${size} bytes, more than the ${MAX_FILE_BYTES} that are read`);
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
