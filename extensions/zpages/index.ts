// zpages: the admin port. The collector's diagnostic pages, a live view for people, the same as JSON, and reload.

import { defineExtension } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { Zpages } from './server.ts';

export default defineExtension({
  type: 'zpages',
  stability: 'beta',
  summary: 'The admin port: a live view of pipelines, queues, drops and recent errors, as pages and JSON; reload.',
  config,
  example: 'zpages:\n  endpoint: localhost:55679\n',
  create: (settings, context) => new Zpages(settings, context),
});
