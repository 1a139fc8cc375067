// Declares the debug exporter.

import { defineExporter } from '../../pipeline/component.ts';
import { sendingExporter } from '../../pipeline/sending/exporter.ts';
import { sendingSettingsOf } from '../../pipeline/sending/settings.ts';
import { config } from './config.ts';
import { DebugDestination } from './destination.ts';

/** What is printed once is done: there is nothing to wait for or to try again. */
const NO_RETRY = {
  enabled: false,
  initial_interval: 0,
  randomization_factor: 0,
  multiplier: 1,
  max_interval: 0,
  max_elapsed_time: 0,
};

export default defineExporter({
  type: 'debug',
  signals: { traces: 'alpha', metrics: 'alpha', logs: 'alpha', profiles: 'development' },
  summary: 'Prints what arrives, for people: counts, a line per item, or every field.',
  config,
  example: `debug:
  verbosity: detailed
`,
  runsInCopies: ({ sending_queue: queue }) => queue?.storage === undefined,
  create: (settings, context) =>
    sendingExporter(
      context,
      sendingSettingsOf({ timeout: 0, retry_on_failure: NO_RETRY, sending_queue: settings.sending_queue }),
      new DebugDestination(settings, context),
    ),
});
