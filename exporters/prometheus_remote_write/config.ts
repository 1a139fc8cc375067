// The configuration of prometheus_remote_write: the collector's keys and defaults (contrib v0.161), and bounds for sums of
// deltas.

import { z } from 'zod';
import { STRATEGIES } from '../../pipeline/prometheus/naming.ts';
import { checkResourceLabels, resourceLabelShape } from '../../pipeline/prometheus/resource-labels.ts';
import { count, deprecated, duration, nonNegativeDuration, nullableSection } from '../../pipeline/schema.ts';
import { retrySettings, timeoutSetting } from '../../pipeline/settings/exporter-helper.ts';
import { checkHttpClient, httpClientShape } from '../../pipeline/settings/http-client.ts';
import { labelName } from '../../proto/prometheus/names.ts';
import { V1_MESSAGE, V2_MESSAGE } from '../../proto/prometheus/remote-write/fields.ts';

/** Headers that are the protocol's. */
export const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-type',
  'user-agent',
  'x-prometheus-remote-write-version',
]);

const HTTP_DEFAULTS = { timeout: '5s', writeBufferSizeBytes: 512 * 1024 } as const;

const httpShape = httpClientShape(HTTP_DEFAULTS);

const http = z.strictObject(httpShape).superRefine((settings, context) => {
  checkHttpClient(settings, context);
  checkCompression(settings.compression, context);
});

const remoteWriteQueue = z.strictObject({
  enabled: z.boolean().default(true).describe('Set to false to let senders wait for the destination.'),
  queue_size: z.int().default(10_000).describe('Batches that may wait.'),
  num_consumers: z
    .int()
    .default(5)
    .describe('Parallel requests of one batch, where max_batch_request_parallelism is unset.'),
});

const wal = z.strictObject({
  directory: z
    .string()
    .default('')
    .describe(
      "The folder for the queue on disk; the exporter's is in it, named after its id. It is created where missing.",
    ),
  buffer_size: deprecated(
    z.int().optional(),
    'without effect: what is delivered is settled at once, and files that are settled are deleted.',
  ),
  truncate_frequency: deprecated(
    duration().optional(),
    'without effect: data is sent as soon as it is on the disk, and deleted once it is delivered.',
  ),
  lag_record_frequency: deprecated(
    duration().optional(),
    'without effect: how much waits is read whenever somebody asks, as otelcol_exporter_queue_size.',
  ),
});

export const config = z
  .strictObject({
    ...httpShape,
    timeout: timeoutSetting(),
    http: http
      .optional()
      .describe(
        'The same keys of the HTTP client in a section of their own, which then counts in place of those above.',
      ),
    retry_on_failure: retrySettings('50ms')
      .prefault({})
      .describe('What to do when the destination fails for now: no answer, 5xx, 429.'),
    namespace: z.string().default('').describe('Comes before every metric name, with an underscore.'),
    remote_write_queue: remoteWriteQueue.prefault({}).describe('Where data waits for the destination.'),
    external_labels: z
      .record(z.string(), z.string())
      .default({})
      .describe('Labels of every series that has none of the name.'),
    max_batch_size_bytes: count()
      .default(3_000_000)
      .transform((bytes) => (bytes === 0 ? 3_000_000 : bytes))
      .describe('The most bytes of one request before compression; 0 means 3000000.'),
    max_batch_request_parallelism: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Parallel requests of one batch that is more than one request; num_consumers where unset. A series is in one of them, and the next batch waits, so that the samples of a series keep their order.',
      ),
    ...resourceLabelShape(),
    wal: nullableSection(wal).describe(
      'Keeps what waits on disk, so that it survives a crash; it is then tried until the destination takes or refuses it, and retry_on_failure::max_elapsed_time does not count.',
    ),
    target_info: z
      .strictObject({ enabled: z.boolean().default(true).describe('Set to false for none.') })
      .prefault({})
      .describe('The series that says the attributes of the resource.'),
    disable_scope_info: z.boolean().default(false).describe('No otel_scope_ labels.'),
    add_metric_suffixes: deprecated(
      z.boolean().default(true),
      'use translation_strategy; false means UnderscoreEscapingWithoutSuffixes where that is unset.',
    ),
    translation_strategy: z
      .enum(STRATEGIES)
      .default('')
      .describe(
        'How names become Prometheus names: with or without underscores for other characters, with or without units and types at the end. Unset means UnderscoreEscapingWithSuffixes, or WithoutSuffixes by add_metric_suffixes.',
      ),
    send_metadata: z
      .boolean()
      .default(false)
      .describe("Also send every metric's type, unit and description; remote write 2.0 always does."),
    protobuf_message: z
      .enum([V1_MESSAGE, V2_MESSAGE])
      .default(V1_MESSAGE)
      .describe('Remote write 1.0 (prometheus.WriteRequest) or 2.0 (io.prometheus.write.v2.Request).'),
    include_metadata_keys: z
      .array(z.string())
      .default([])
      .describe("Headers of the sender's request to send on; see include_metadata of receivers. Not kept by wal."),
    convert_explicit_histograms_to_nhcb: z
      .boolean()
      .default(false)
      .describe('Histograms with explicit bounds as native histograms with custom buckets.'),
    keep_classic_histograms: z
      .boolean()
      .default(false)
      .describe('With the former: as _bucket, _sum and _count as well.'),
    export_created_metric: deprecated(
      z.strictObject({ enabled: z.boolean().default(false).describe('Without effect.') }).optional(),
      'the collector has removed it; remote write 2.0 says when a series began.',
    ),
    max_delta_series: z
      .int()
      .min(1)
      .default(200_000)
      .describe('Series whose deltas are added up; those of further ones are dropped, which the metrics of drops say.'),
    delta_expiration: nonNegativeDuration()
      .prefault('5m')
      .describe('A sum of deltas that got none for this long is forgotten, and begins anew; 0 means never.'),
  })
  .superRefine((settings, context) => {
    const refuse = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    checkResourceLabels(settings, context);
    if (!settings.http) {
      checkHttpClient(settings, context);
      checkCompression(settings.compression, context);
    }
    if ((settings.http?.endpoint ?? settings.endpoint) === '') {
      refuse(
        settings.http ? ['http', 'endpoint'] : ['endpoint'],
        'expecting the URL to write to, such as endpoint: http://localhost:9090/api/v1/write',
      );
    }
    const { queue_size: queueSize, num_consumers: consumers, enabled } = settings.remote_write_queue;
    if (queueSize < 0) refuse(['remote_write_queue', 'queue_size'], "remote write queue size can't be negative");
    if (enabled && queueSize === 0) {
      refuse(['remote_write_queue', 'queue_size'], 'a 0 size queue will drop all the data');
    }
    if (consumers < 0) {
      refuse(['remote_write_queue', 'num_consumers'], "remote write consumer number can't be negative");
    }
    const utf8 = settings.translation_strategy.startsWith('No');
    if (utf8 && settings.protobuf_message === V1_MESSAGE) {
      refuse(
        ['translation_strategy'],
        `${settings.translation_strategy} requires Remote Write 2.0 (protobuf_message: ${V2_MESSAGE})`,
      );
    }
    for (const [key, value] of Object.entries(settings.external_labels)) {
      if (key === '' || value === '') refuse(['external_labels', key], 'a label has a name and a value');
      else if (labelName(key, utf8) === undefined) refuse(['external_labels', key], 'leaves no valid label name');
    }
    for (const [index, key] of settings.include_metadata_keys.entries()) {
      if (RESERVED_HEADERS.has(key.toLowerCase())) {
        refuse(['include_metadata_keys', String(index)], `"${key}" is a header of the remote write protocol itself`);
      }
    }
    if (settings.wal && settings.wal.directory === '') {
      refuse(['wal', 'directory'], 'expecting a folder, such as directory: ./prom_rw');
    }
    if (settings.wal && !enabled) {
      refuse(
        ['wal'],
        'the queue on disk is the queue: it does not go together with remote_write_queue::enabled: false',
      );
    }
  });

function checkCompression(compression: string, context: z.RefinementCtx): void {
  if (compression === '' || compression === 'snappy') return;
  context.addIssue({ code: 'custom', path: ['compression'], message: 'compression type must be snappy' });
}

export type RemoteWriteConfig = z.output<typeof config>;
