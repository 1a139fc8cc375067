// A process that keeps a log and does what it is told over IPC, for tests that need a process of its own: one whose disk is
// bad (bad-disk.c), or that is killed. What it appends are the numbered batches of storing.ts.

import { Refused } from '../../pipeline/delivery.ts';
import { FolderStorage } from '../../pipeline/storage/folder-storage.ts';
import type { DurableLog } from '../../pipeline/storage/storage.ts';
import { Collector, NAME, numbered } from './storing.ts';

export type Command =
  | { readonly ask: 'open'; readonly directory: string; readonly fsync: boolean | number }
  | { readonly ask: 'append'; readonly ids: readonly number[]; readonly length: number }
  | { readonly ask: 'settle'; readonly ids: readonly number[] }
  | { readonly ask: 'look' }
  | { readonly ask: 'release' };

export interface Look {
  /** Numbers of the records that were given out, in order. */
  readonly numbers: readonly number[];
  readonly lost: number;
  readonly damages: number;
  readonly failing: string | undefined;
  readonly syncs: number;
  readonly pending: number;
  readonly possibleDuplicates: number;
  readonly diskBytes: number;
  /** What the log said. */
  readonly lines: readonly string[];
}

/** What the parent hears: of an append, for each number, undefined or why it was refused. */
export type Answer = Look | readonly (string | undefined)[] | string;

const holder = new Collector();
const lines: string[] = [];
const say = (_fields: object, line: string): void => void lines.push(line);
let log: DurableLog | undefined;

async function append(id: number, length: number): Promise<string | undefined> {
  try {
    await log?.append(numbered(id, length));
    return undefined;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.message;
  }
}

async function carryOut(command: Command): Promise<Answer> {
  switch (command.ask) {
    case 'open': {
      const storage = new FolderStorage({
        directory: command.directory,
        configuredAt: 'extensions::file_storage',
        settings: { fsync: command.fsync, maxBytes: 0 },
        lockTimeoutMs: 0,
        log: { debug: say, info: say, warn: say, error: say },
        steadyNow: () => performance.now(),
        random: Math.random,
      });
      log = await storage.openLog(NAME, holder);
      log.start();
      return 'open';
    }
    case 'append':
      return Promise.all(command.ids.map((id) => append(id, command.length)));
    case 'settle':
      for (const record of holder.records) if (command.ids.includes(record.batch.items - 1)) log?.settle(record);
      return 'settled';
    case 'look':
      return {
        numbers: holder.numbers,
        lost: holder.damage.reduce((sum, { requests }) => sum + requests, 0),
        damages: holder.damage.length,
        failing: holder.failures.at(-1),
        syncs: holder.syncs,
        pending: log?.pending.requests ?? 0,
        possibleDuplicates: log?.possibleDuplicates.requests ?? 0,
        diskBytes: log?.diskBytes ?? 0,
        lines,
      };
    default:
      await log?.release();
      return 'released';
  }
}

// Only the test that started this process sends.
process.on('message', (command: Command) => {
  carryOut(command).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.once('disconnect', () => process.exit());
