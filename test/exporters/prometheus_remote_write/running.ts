// A running exporter with a destination of its own.

import prometheusRemoteWrite from '../../../exporters/prometheus_remote_write/index.ts';
import type { Batch } from '../../../pipeline/batch.ts';
import type { Exporter } from '../../../pipeline/component.ts';
import { SOON, testContext, type TestContext } from '../../support/context.ts';
import { type Received, type Sink, startSink } from './sink.ts';

export interface Running extends TestContext {
  readonly exporter: Exporter;
  readonly sink: Sink;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Without a queue unless the settings ask for one: `consume` says what came of the batch. */
export async function startExporter(settings: object): Promise<Running> {
  const sink = await startSink();
  const made = testContext({ kind: 'exporter', id: 'prometheus_remote_write', realTime: true });
  const config = prometheusRemoteWrite.config.parse({
    endpoint: sink.url,
    remote_write_queue: { enabled: false },
    retry_on_failure: { enabled: false },
    ...settings,
  });
  const exporter = prometheusRemoteWrite.create(config, made.context);
  await exporter.start();
  return {
    ...made,
    exporter,
    sink,
    [Symbol.asyncDispose]: async () => {
      await exporter.stop(SOON());
      await sink[Symbol.asyncDispose]();
    },
  };
}

/** What the destination gets of these batches. */
export async function sentBy(settings: object, batches: readonly Batch[]): Promise<readonly Received[]> {
  await using running = await startExporter(settings);
  for (const batch of batches) await running.exporter.consume(batch);
  return running.sink.received;
}
