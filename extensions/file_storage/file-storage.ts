// The storage as other components find it by `context.extension(id)`.

import { mkdir } from 'node:fs/promises';
import type { Extension, ExtensionContext } from '../../pipeline/component.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { parsePermissions } from '../../pipeline/settings/permissions.ts';
import { FolderStorage } from '../../pipeline/storage/folder-storage.ts';
import type { DurableLog, LogHolder, StateStore, Storage } from '../../pipeline/storage/storage.ts';
import type { FileStorageConfig } from './config.ts';

export class FileStorage implements Extension, Storage {
  readonly #config: FileStorageConfig;
  readonly #component: string;
  readonly #storage: FolderStorage;

  constructor(config: FileStorageConfig, context: ExtensionContext) {
    this.#config = config;
    this.#component = `extension:${context.id}`;
    this.#storage = new FolderStorage({
      directory: config.directory,
      configuredAt: `extensions::${context.id}`,
      settings: { fsync: config.fsync, maxBytes: config.max_size },
      lockTimeoutMs: config.timeout,
      log: context.log,
      steadyNow: context.steadyNow,
      random: context.random,
    });
  }

  async start(): Promise<void> {
    if (!this.#config.create_directory) return;
    const { directory, directory_permissions: permissions } = this.#config;
    try {
      await mkdir(directory, { recursive: true, mode: parsePermissions(permissions) ?? 0o750 });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new AgentError('STORAGE_UNUSABLE', `${directory} can not be created: ${message}`, {
        component: this.#component,
        path: 'directory',
        cause: error,
      });
    }
  }

  /** Whoever opened something closes it; all of them have stopped before. */
  stop(): Promise<void> {
    return Promise.resolve();
  }

  openLog(name: string, holder: LogHolder): Promise<DurableLog> {
    return this.#storage.openLog(name, holder);
  }

  openState(name: string): Promise<StateStore> {
    return this.#storage.openState(name);
  }
}
