// The file exporter's configuration: the collector's keys and defaults.

import { z } from 'zod';
import { componentId, count, duration } from '../../pipeline/schema.ts';
import { parsePermissions } from '../../pipeline/settings/permissions.ts';

const rotation = z.strictObject({
  max_megabytes: count().default(0).describe('Begin a new file before one grows above this many MiB; 0 means 100.'),
  max_days: count().default(0).describe('Delete old files after this many days; 0 keeps them.'),
  max_backups: count().default(100).describe('Old files that are kept; 0 keeps all.'),
  localtime: z.boolean().default(false).describe('Name old files by local time in place of UTC.'),
});

const groupBy = z.strictObject({
  enabled: z.boolean().default(false).describe('Whether to write a file per value of resource_attribute.'),
  resource_attribute: z
    .string()
    .default('fileexporter.path_segment')
    .describe('The text in this attribute replaces the * in path; resources without it are dropped.'),
  max_open_files: z.int().min(1).default(100).describe('Files held open; the one unused for longest is closed.'),
});

export const config = z
  .strictObject({
    path: z
      .string()
      .default('')
      .refine((path) => path !== '', 'path must be non-empty')
      .describe('The file to write. With group_by it has one *.'),
    append: z.boolean().default(false).describe('Keep what is in the file; false empties it at start.'),
    rotation: z
      .preprocess((value) => (value === null ? {} : value), rotation.optional())
      .optional()
      .meta({ nullable: true })
      .describe('Begin new files by size; off unless it is there.'),
    format: z
      .enum(['json', 'proto'])
      .default('json')
      .describe(
        'json: OTLP/JSON, a request a line. proto: OTLP protobuf, each request after its length in 4 bytes, big-endian.',
      ),
    encoding: componentId().optional().describe('An encoding extension in place of format; there are none here yet.'),
    compression: z
      .enum(['', 'zstd'])
      .default('')
      .describe('Compress each request on its own; then its length comes before it in json too.'),
    compression_params: z
      .strictObject({ level: z.int().default(0).describe('Taken for compatibility; the default level is used.') })
      .default({ level: 0 })
      .describe('Taken for compatibility.'),
    flush_interval: duration()
      .prefault('1s')
      .refine((ms) => ms >= 0, 'flush_interval must be larger than zero')
      .describe('Taken for compatibility: data is in the file before it is acknowledged, so that nothing waits.'),
    group_by: groupBy.prefault({}).describe('Write several files, by an attribute of resources.'),
    create_directory: z.boolean().default(false).describe('Create the folder of the file at start.'),
    directory_permissions: z
      .string()
      .default('')
      .describe('Octal permissions of folders that are created; 0755 where unset. Needs create_directory.'),
  })
  .superRefine((settings, context) => {
    const refuse = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
    if (settings.append && settings.rotation) {
      refuse('append', 'append and rotation enabled at the same time is not supported');
    }
    if (settings.group_by.enabled) {
      const parts = settings.path.split('*');
      if (parts.length !== 2) refuse('path', 'path must contain exactly one * when group_by is enabled');
      else if (parts[0] === '') refuse('path', 'path must not start with * when group_by is enabled');
      if (settings.group_by.resource_attribute === '') {
        refuse('group_by', 'resource_attribute must not be empty when group_by is enabled');
      }
    }
    const { directory_permissions: permissions } = settings;
    if (permissions === '') return;
    if (!settings.create_directory) {
      refuse('directory_permissions', 'directory_permissions requires create_directory to be true');
    } else if ((parsePermissions(permissions) ?? 0o7777) > 0o777) {
      refuse('directory_permissions', 'directory_permissions must be octal permission bits such as "0755"');
    }
  });

export type FileConfig = z.output<typeof config>;
