// The configuration of file_storage: the collector's keys, with another default for fsync. What belongs to the collector's
// database files and has no meaning for a log is taken and left.

import { statSync } from 'node:fs';
import { z } from 'zod';
import { count, duration } from '../../pipeline/schema.ts';
import { parsePermissions } from '../../pipeline/settings/permissions.ts';

const DEFAULT_DIRECTORY = '/var/lib/otelcol/file_storage';
const MIB = 1 << 20;

const compaction = z.strictObject({
  on_start: z.boolean().default(false).describe('Taken for compatibility.'),
  on_rebound: z.boolean().default(false).describe('Taken for compatibility.'),
  directory: z.string().default(DEFAULT_DIRECTORY).describe('Taken for compatibility.'),
  rebound_needed_threshold_mib: z.int().default(100).describe('Taken for compatibility.'),
  rebound_trigger_threshold_mib: z.int().default(10).describe('Taken for compatibility.'),
  max_transaction_size: count().default(65_536).describe('Taken for compatibility.'),
  check_interval: duration().prefault('5s').describe('Taken for compatibility.'),
  cleanup_on_start: z.boolean().default(false).describe('Taken for compatibility.'),
});

export const config = z
  .strictObject({
    directory: z
      .string()
      .default(DEFAULT_DIRECTORY)
      .describe('The folder in which each component that stores something has one of its own.'),
    timeout: duration().prefault('1s').describe('How long to wait for another process to leave a folder.'),
    max_size: count()
      .default(0)
      .describe("The largest size of one component's files in bytes; what does not fit is refused. 0 means no limit."),
    fsync: z
      .union([z.boolean(), duration().refine((ms) => ms >= 1, 'must be true, false or a duration of 1ms or more')])
      .default(true)
      .describe(
        'true, the default: data is on the disk before its sender is answered. false: the operating system writes it when it likes; a crash of the machine loses what it did not. A duration: at most that much is lost so. A crash of the agent alone loses nothing in any case.',
      ),
    create_directory: z.boolean().default(false).describe('Create the folder at start.'),
    directory_permissions: z
      .string()
      .default('0750')
      .describe('Octal permissions of the folder where it is created, less the umask.'),
    recreate: z
      .boolean()
      .default(false)
      .describe('Taken for compatibility: a damaged file is always set aside and the queue goes on.'),
    compaction: compaction
      .prefault({})
      .describe('Taken for compatibility: files are deleted as soon as they are delivered, so nothing is to compact.'),
  })
  .superRefine((settings, context) => {
    const refuse = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const { compaction: compact, max_size: maxSize } = settings;
    checkFolder(settings.directory, settings.create_directory, (message) => refuse(['directory'], message));
    if (compact.on_start || compact.on_rebound) {
      const refuseFolder = (message: string): void => refuse(['compaction', 'directory'], message);
      checkFolder(compact.directory, settings.create_directory, refuseFolder);
    }
    if (compact.on_rebound) {
      if (compact.check_interval <= 0) refuse(['compaction', 'check_interval'], 'must be positive with on_rebound');
      for (const key of ['rebound_needed_threshold_mib', 'rebound_trigger_threshold_mib'] as const) {
        if (maxSize > 0 && compact[key] * MIB > maxSize) {
          refuse(['compaction', key], `must not be above max_size (${maxSize} bytes)`);
        }
      }
    }
    if (settings.create_directory && (parsePermissions(settings.directory_permissions) ?? 0o7777) > 0o777) {
      refuse(['directory_permissions'], 'directory_permissions must be octal permission bits such as "0750"');
    }
  });

export type FileStorageConfig = z.output<typeof config>;

/** Looked at when the configuration is read, as the collector does, so that `validate` finds it. */
function checkFolder(folder: string, willBeMade: boolean, refuse: (message: string) => void): void {
  let isDirectory: boolean | undefined;
  try {
    isDirectory = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
  } catch (error) {
    refuse(`${folder} can not be looked at: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  if (isDirectory === false) refuse(`${folder} is not a directory`);
  else if (isDirectory === undefined && !willBeMade) {
    refuse(`${folder} does not exist; create it, or set create_directory: true`);
  }
}
