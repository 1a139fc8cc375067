// The log processors: lines of the agent's log as OTLP log records, serialised by @opentelemetry/otlp-transformer. `batch`
// sends them together after a delay; `simple` sends each as it comes.

import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { levelName, type LogEntry } from './log-lines.ts';
import type { AgentLogs } from './logs.ts';
import { untilAborted } from './metric-export.ts';
import { hrTime, otlpResource, OWN_SCOPE } from './otlp-shape.ts';
import { makeOwnExporter } from './own-exporter.ts';
import type { OwnExporter, Running } from './running.ts';
import type { LogProcessorSettings, OwnResource } from './settings.ts';

type LogRecord = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];
type Severity = NonNullable<LogRecord['severityNumber']>;

const DEFAULT_DELAY_MS = 1_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_QUEUE = 2_048;
const DEFAULT_BATCH = 512;

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
  return new LogExport({
    ...options,
    exporter,
    delayMs: batch ? (batch.schedule_delay ?? DEFAULT_DELAY_MS) : 0,
    timeoutMs: Math.min(exporter.timeoutMs, batch?.export_timeout ?? DEFAULT_TIMEOUT_MS),
    queueSize: batch?.max_queue_size ?? DEFAULT_QUEUE,
    batchSize: batch ? (batch.max_export_batch_size ?? DEFAULT_BATCH) : 1,
  });
}

interface LogExportOptions {
  readonly logs: AgentLogs;
  readonly resource: OwnResource;
  readonly exporter: OwnExporter;
  readonly delayMs: number;
  readonly timeoutMs: number;
  readonly queueSize: number;
  readonly batchSize: number;
}

class LogExport implements Running {
  readonly #options: LogExportOptions;
  readonly #resource: LogRecord['resource'];
  #queue: LogEntry[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #stopped = false;
  #isReporting = false;

  constructor(options: LogExportOptions) {
    this.#options = options;
    this.#resource = otlpResource(options.resource);
    options.logs.tap((entry) => this.#take(entry));
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await untilAborted(
      this.#drain().then(() => this.#options.exporter.close()),
      deadline,
    );
  }

  #take(entry: LogEntry): void {
    if (this.#stopped || this.#isReporting) return;
    if (this.#queue.length >= this.#options.queueSize) {
      this.#lost += 1;
      return;
    }
    this.#queue.push(entry);
    this.#timer ??= setTimeout(() => void this.#drain(), this.#options.delayMs).unref();
  }

  #drain(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      this.#timer = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    const { batchSize, exporter, timeoutMs, logs } = this.#options;
    while (this.#queue.length > 0) {
      const records = this.#queue.splice(0, batchSize).map((entry) => this.#record(entry));
      try {
        const serializer = exporter.form === 'json' ? JsonLogsSerializer : ProtobufLogsSerializer;
        const body = serializer.serializeRequest(records);
        if (body) await exporter.send(body, timeoutMs);
      } catch (error) {
        this.#lost += records.length + this.#queue.length;
        this.#queue = [];
        const lost = this.#lost;
        this.#lost = 0;
        // This line itself is not exported: it would keep a dead destination busy for ever.
        this.#isReporting = true;
        logs.root.warn({ error, records: lost }, "The agent's own log could not be exported.");
        this.#isReporting = false;
        return;
      }
    }
  }

  #record(entry: LogEntry): LogRecord {
    const attributes: Record<string, string | number | boolean> = {};
    for (const [name, value] of Object.entries(entry.fields)) {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        attributes[name] = value;
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
      resource: this.#resource,
      instrumentationScope: OWN_SCOPE,
    };
  }
}
