// Declares file_storage.

import { defineExtension } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { FileStorage } from './file-storage.ts';

export default defineExtension({
  type: 'file_storage',
  stability: 'beta',
  summary: 'Keeps queues and positions of other components in files, so that they survive a restart or a crash.',
  config,
  example: `file_storage:
  directory: ./storage
  create_directory: true
`,
  create: (settings, context) => new FileStorage(settings, context),
});
