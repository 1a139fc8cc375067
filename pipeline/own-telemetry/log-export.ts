// The log processors: lines of the agent's log as OTLP log records, serialised by @opentelemetry/otlp-transformer. `batch`
// sends them together after a delay; `simple` sends each as it comes.

import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { ExportQueue, queueLimits } from './export-queue.ts';
import { levelName, type LogEntry } from './log-lines.ts';
import type { AgentLogs } from './logs.ts';
import { hrTime, otlpResource, OWN_SCOPE } from './otlp-shape.ts';
import { makeOwnExporter } from './own-exporter.ts';
import type { Running } from './running.ts';
import type { LogProcessorSettings, OwnResource } from './settings.ts';

type LogRecord = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];
type Severity = NonNullable<LogRecord['severityNumber']>;

const DEFAULT_DELAY_MS = 1_000;

/** OpenTelemetry's severity number for a level of pino's: DEBUG 5 for 20, INFO 9 for 30, up to FATAL 21 for 60. */
function severityOf(level: number): Severity {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the SDK's enum has exactly OpenTelemetry's numbers.
  return Math.floor(level / 10) * 4 - 3;
}

/** Fails with TELEMETRY_EXPORT or TLS_MATERIAL. */
export async function startLogExport(
  settings: LogProcessorSettings,
  options: { readonly logs: AgentLogs; readonly resource: OwnResource },
): Promise<Running> {
  const { batch, simple } = settings;
  const exporter = await makeOwnExporter(
    'logs',
    (batch ?? simple)?.exporter ?? {},
    'service::telemetry::logs::processors',
  );
  const resource = otlpResource(options.resource);
  const serializer = exporter.form === 'json' ? JsonLogsSerializer : ProtobufLogsSerializer;
  let isReporting = false;
  const queue = new ExportQueue<LogEntry>({
    exporter,
    serialize: (entries) => serializer.serializeRequest(entries.map((entry) => logRecord(entry, resource))),
    ...queueLimits(settings, exporter, DEFAULT_DELAY_MS),
    onLost: (records, error) => {
      // This line itself is not exported: it would keep a dead destination busy for ever.
      isReporting = true;
      options.logs.root.warn({ error, records }, "The agent's own log could not be exported.");
      isReporting = false;
    },
  });
  options.logs.tap((entry) => {
    if (!isReporting) queue.add(entry);
  });
  return queue;
}

function logRecord(entry: LogEntry, resource: LogRecord['resource']): LogRecord {
  const attributes: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(entry.fields)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') attributes[name] = value;
    else if (value instanceof Error) attributes[name] = value.message;
    else if (value !== undefined) attributes[name] = JSON.stringify(value);
  }
  return {
    hrTime: hrTime(entry.timeUnixMs),
    hrTimeObserved: hrTime(entry.timeUnixMs),
    severityText: levelName(entry.level),
    severityNumber: severityOf(entry.level),
    body: entry.message,
    attributes,
    droppedAttributesCount: 0,
    resource,
    instrumentationScope: OWN_SCOPE,
  };
}
