// pprof: profiles of the agent itself. There are no Go profiles here; V8's CPU and heap profiles take their place.

import { defineExtension } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { Pprof } from './server.ts';

export default defineExtension({
  type: 'pprof',
  stability: 'beta',
  summary:
    "Serves the agent's CPU and heap profiles, in V8's formats (.cpuprofile, .heapprofile), where Go's would be.",
  config,
  example: 'pprof:\n  endpoint: localhost:1777\n',
  create: (settings, context) => new Pprof(settings, context),
});
