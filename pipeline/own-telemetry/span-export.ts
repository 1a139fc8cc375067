// The span processors: the agent's own spans as OTLP, serialised by @opentelemetry/otlp-transformer. `batch` sends them
// together after a delay; `simple` sends each as it ends.

import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ComponentLogger } from '../telemetry.ts';
import type { SpanContext } from '../spans.ts';
import { ExportQueue, queueLimits } from './export-queue.ts';
import type { CounterSeries } from './metric-store.ts';
import { hrTime, otlpResource } from './otlp-shape.ts';
import { makeOwnExporter } from './own-exporter.ts';
import type { OwnResource, SpanProcessorSettings } from './settings.ts';
import type { EndedSpan } from './tracer.ts';

type ReadableSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];
type ApiContext = ReturnType<ReadableSpan['spanContext']>;
type TraceState = NonNullable<ApiContext['traceState']>;

const DEFAULT_DELAY_MS = 5_000;
const LINE_END = Buffer.from('\n');
const NOTHING = new Uint8Array(0);

// oxlint-disable typescript/no-unsafe-enum-assignment -- the API's enums are not part of the transformer's interface.
// Safe: the API's numbers for kinds and statuses; they are fixed by its releases.
const KINDS = { internal: 0, server: 1, client: 2 } as Readonly<Record<EndedSpan['kind'], ReadableSpan['kind']>>;
const UNSET = { code: 0 } as ReadableSpan['status'];
const ERROR = 2 as ReadableSpan['status']['code'];
// oxlint-enable typescript/no-unsafe-enum-assignment

/** Fails with TELEMETRY_EXPORT or TLS_MATERIAL. */
export async function startSpanExport(
  settings: SpanProcessorSettings,
  options: { readonly resource: OwnResource; readonly log: ComponentLogger; readonly lost: CounterSeries },
): Promise<ExportQueue<EndedSpan>> {
  const { batch, simple } = settings;
  const exporter = await makeOwnExporter(
    'traces',
    (batch ?? simple)?.exporter ?? {},
    'service::telemetry::traces::processors',
  );
  const resource = otlpResource(options.resource);
  const serializer = exporter.form === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer;
  const separator = exporter.form === 'json' ? LINE_END : NOTHING;
  return new ExportQueue<EndedSpan>({
    exporter,
    serialize: (spans) => {
      const bodies: Uint8Array[] = [];
      for (const group of byScope(spans)) {
        const body = serializer.serializeRequest(group.map((span) => readable(span, resource)));
        if (body) bodies.push(...(bodies.length > 0 ? [separator, body] : [body]));
      }
      return Buffer.concat(bodies);
    },
    ...queueLimits(settings, exporter, DEFAULT_DELAY_MS),
    onLost: (spans, error) => {
      options.lost.add(spans);
      options.log.warn({ error, spans, endpoint: exporter.name }, "The agent's own spans could not be exported.");
    },
  });
}

/**
 * The serialiser tells scopes apart by name and version alone, so what differs in their attributes is serialised apart:
 * one OTLP request after another is one again.
 */
function byScope(spans: readonly EndedSpan[]): Iterable<EndedSpan[]> {
  const groups = new Map<string, EndedSpan[]>();
  for (const span of spans) {
    const key = JSON.stringify(span.scope);
    const group = groups.get(key);
    if (group) group.push(span);
    else groups.set(key, [span]);
  }
  return groups.values();
}

function readable(span: EndedSpan, resource: ReadableSpan['resource']): ReadableSpan {
  const context = apiContext(span.context);
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => context,
    ...(span.parent ? { parentSpanContext: apiContext(span.parent) } : {}),
    startTime: hrTime(span.startUnixMs),
    endTime: hrTime(span.endUnixMs),
    duration: hrTime(span.endUnixMs - span.startUnixMs),
    ended: true,
    status: span.error === undefined ? UNSET : { code: ERROR, message: span.error },
    attributes: span.attributes,
    links: span.links.map((link) => ({ context: apiContext(link) })),
    events: span.events.map(({ name, timeUnixMs, attributes }) => ({
      name,
      time: hrTime(timeUnixMs),
      ...(attributes ? { attributes } : {}),
    })),
    resource,
    instrumentationScope: span.scope,
    droppedAttributesCount: 0,
    droppedEventsCount: span.droppedEvents,
    droppedLinksCount: span.droppedLinks,
  };
}

function apiContext({ traceState, ...context }: SpanContext): ApiContext {
  return traceState === undefined ? context : { ...context, traceState: textAsTraceState(traceState) };
}

/** The serialiser only asks for the text. */
function textAsTraceState(text: string): TraceState {
  const state: TraceState = { get: () => undefined, set: () => state, unset: () => state, serialize: () => text };
  return state;
}
