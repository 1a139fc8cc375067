// Writes each batch to the file, or its parts to the files that their resources name.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { joinChunks, type Batch } from '../../pipeline/batch.ts';
import type { ComponentContext } from '../../pipeline/component.ts';
import { Refused, Rejected } from '../../pipeline/delivery.ts';
import { AgentError } from '../../pipeline/errors.ts';
import type { Destination } from '../../pipeline/sending/exporter.ts';
import { parsePermissions } from '../../pipeline/settings/permissions.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import { MalformedProto } from '../../proto/wire.ts';
import type { FileConfig } from './config.ts';
import { FileWriter } from './file-writer.ts';
import { groupByResource, PathPattern, type Part } from './grouping.ts';
import { recordOf } from './records.ts';

const DEFAULT_MAX_MEGABYTES = 100;
const BYTES_PER_MEBIBYTE = 2 ** 20;
const DEFAULT_DIRECTORY_MODE = 0o755;
/** Files of group_by that are remembered, so that only the first opening empties them; further ones are never emptied. */
const MAX_EMPTIED = 100_000;

export class FileDestination implements Destination {
  readonly #config: FileConfig;
  readonly #context: ComponentContext;
  readonly #pattern: PathPattern;
  readonly #attribute: Uint8Array;
  /** Open files by path, the one used last at the end; opening ones included. */
  readonly #writers = new Map<string, Promise<FileWriter>>();
  readonly #emptied = new Set<string>();

  constructor(config: FileConfig, context: ComponentContext) {
    this.#config = config;
    this.#context = context;
    this.#pattern = new PathPattern(config.path);
    this.#attribute = encodeUtf8(config.group_by.resource_attribute);
  }

  /** Fails with an AgentError where the file can not be opened. Files of group_by are opened when data for them comes. */
  async start(): Promise<void> {
    const { path: file, encoding, create_directory: creates, group_by: groupBy } = this.#config;
    if (encoding !== undefined) {
      throw this.#startError(
        `the encoding extension ${encoding} is not available`,
        'Remove encoding and use format: json or proto.',
      );
    }
    if (groupBy.enabled) return;
    try {
      if (creates) await this.#createFolder(file);
      await this.#writerOf(file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const folder = path.dirname(file);
      throw this.#startError(
        `${file} can not be opened for writing: ${reason}`,
        `Create ${folder} (or set create_directory: true) and let the user the agent runs as write there.`,
        error,
      );
    }
  }

  async stop(): Promise<void> {
    const writers = [...this.#writers.values()];
    this.#writers.clear();
    for (const writer of writers) await this.#close(writer);
  }

  /** Each batch is a record of its own, as it came. */
  mergeable(): boolean {
    return false;
  }

  async send(batch: Batch): Promise<void> {
    if (this.#config.group_by.enabled) {
      await this.#sendParts(batch);
      return;
    }
    const part = { bytes: joinChunks(batch), items: batch.items };
    await this.#write(this.#config.path, batch, part);
  }

  async #sendParts(batch: Batch): Promise<void> {
    let parts: ReadonlyMap<string | undefined, Part>;
    try {
      parts = groupByResource(batch, this.#attribute);
    } catch (error) {
      throw rejectedIfMalformed(error, batch.items);
    }
    let isWritten = false;
    let lost = 0;
    let refused: Refused | undefined;
    let failure: Error | undefined;
    for (const [segment, part] of parts) {
      if (segment === undefined) continue;
      try {
        await this.#write(this.#pattern.pathOf(segment), batch, part);
        isWritten = true;
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        if (failure instanceof Refused) refused = failure;
        lost += part.items;
      }
    }
    if (refused && !isWritten) throw refused;
    const unnamed = parts.get(undefined);
    if (unnamed) this.#dropUnnamed(batch, unnamed);
    // Where part of the batch is in its files, sending it again as a whole would write that twice.
    if (failure) throw new Rejected(failure.message, { count: lost, kind: 'destination', cause: failure });
  }

  async #write(file: string, batch: Batch, part: Part): Promise<void> {
    let record: Uint8Array;
    try {
      record = await recordOf(batch.signal, part.bytes, this.#config);
    } catch (error) {
      throw rejectedIfMalformed(error, part.items);
    }
    let writer: FileWriter;
    try {
      writer = await this.#writerOf(file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Refused(`${file} can not be opened for writing: ${reason}`, { cause: error });
    }
    await writer.write(record, part.items);
  }

  /** The open file; opens it where needed, and closes the one unused for longest when there are too many. */
  async #writerOf(file: string): Promise<FileWriter> {
    const known = this.#writers.get(file);
    if (known) {
      this.#writers.delete(file);
      this.#writers.set(file, known);
      return known;
    }
    const opening = this.#open(file);
    this.#writers.set(file, opening);
    try {
      const writer = await opening;
      await this.#closeUnused();
      return writer;
    } catch (error) {
      this.#writers.delete(file);
      throw error;
    }
  }

  async #open(file: string): Promise<FileWriter> {
    const { rotation, group_by: groupBy } = this.#config;
    if (groupBy.enabled) await this.#createFolder(file);
    const append = this.#config.append || this.#emptied.has(file) || this.#emptied.size >= MAX_EMPTIED;
    const writer = new FileWriter({
      path: file,
      append,
      ...(rotation
        ? {
            rotation: {
              maxBytes: (rotation.max_megabytes || DEFAULT_MAX_MEGABYTES) * BYTES_PER_MEBIBYTE,
              maxBackups: rotation.max_backups,
              maxDays: rotation.max_days,
              localTime: rotation.localtime,
            },
          }
        : {}),
      now: this.#context.now,
      warn: (problem, error) => this.#warn(file, problem, error),
    });
    await writer.open();
    if (!append) this.#emptied.add(file);
    return writer;
  }

  async #closeUnused(): Promise<void> {
    const { enabled, max_open_files: limit } = this.#config.group_by;
    if (!enabled || this.#writers.size <= limit) return;
    const [oldest] = this.#writers;
    if (!oldest) return;
    this.#writers.delete(oldest[0]);
    await this.#close(oldest[1]);
  }

  /** A file that could not be opened has told its callers. */
  async #close(opening: Promise<FileWriter>): Promise<void> {
    const writer = await opening.catch(() => undefined);
    await writer?.close();
  }

  async #createFolder(file: string): Promise<void> {
    const mode = parsePermissions(this.#config.directory_permissions) ?? DEFAULT_DIRECTORY_MODE;
    await mkdir(path.dirname(file), { recursive: true, mode });
  }

  #dropUnnamed(batch: Batch, part: Part): void {
    const { resource_attribute: attribute } = this.#config.group_by;
    this.#context.drops.record(
      {
        component: `exporter:${this.#context.id}`,
        rule: 'no_path_segment',
        reason: `the resource has no text in the attribute ${attribute}, which names its file`,
        signal: batch.signal,
        count: part.items,
        intentional: false,
      },
      { ...batch, chunks: [part.bytes], items: part.items, bytes: part.bytes.length },
    );
  }

  #warn(file: string, problem: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#context.log.warn({ path: file, error: reason }, problem);
  }

  #startError(problem: string, mend: string, cause?: unknown): AgentError {
    return new AgentError('START_FAILED', problem, { component: `exporter:${this.#context.id}`, mend, cause });
  }
}

function rejectedIfMalformed(error: unknown, count: number): unknown {
  return error instanceof MalformedProto ? new Rejected(error.message, { count, cause: error }) : error;
}
