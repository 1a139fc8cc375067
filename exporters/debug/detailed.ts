// Verbosity `detailed`: every field of every item, as the collector's debug exporter prints it.

import type { Signal } from '../../pipeline/signal.ts';
import type { ProtoObject } from '../../proto/objects.ts';
import { metricEntries } from './detailed-metrics.ts';
import { attributeEntries, fieldEntry, type Lines } from './lines.ts';
import { profileEntries, profilesDictionaryEntries } from './detailed-profiles.ts';
import { formatTime } from './go-format.ts';
import { bigIn, idIn, messageIn, messagesIn, numberIn, textIn, textsIn, typedText } from './values.ts';

const NAMES: Readonly<
  Record<
    Signal,
    { readonly resources: string; readonly scopes: string; readonly items: string; readonly resource: string }
  >
> = {
  traces: { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans', resource: 'ResourceSpans' },
  metrics: { resources: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics', resource: 'ResourceMetrics' },
  logs: { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords', resource: 'ResourceLog' },
  profiles: { resources: 'resourceProfiles', scopes: 'scopeProfiles', items: 'profiles', resource: 'ResourceProfiles' },
};

export function detailedText(signal: Signal, request: ProtoObject): string {
  const names = NAMES[signal];
  const scopeTitle = names.scopes.charAt(0).toUpperCase() + names.scopes.slice(1);
  const dictionary = messageIn(request, 'dictionary');
  const lines: Lines = [];
  if (signal === 'profiles') profilesDictionaryEntries(lines, dictionary);
  for (const [index, group] of messagesIn(request, names.resources).entries()) {
    const resource = messageIn(group, 'resource');
    lines.push(`${names.resource} #${index}`, `Resource SchemaURL: ${textIn(group, 'schemaUrl')}`);
    attributeEntries(lines, 'Resource attributes', messagesIn(resource, 'attributes'));
    entityEntries(lines, messagesIn(resource, 'entityRefs'));
    for (const [scopeIndex, scopeGroup] of messagesIn(group, names.scopes).entries()) {
      const scope = messageIn(scopeGroup, 'scope');
      lines.push(
        `${scopeTitle} #${scopeIndex}`,
        `${scopeTitle} SchemaURL: ${textIn(scopeGroup, 'schemaUrl')}`,
        `InstrumentationScope ${textIn(scope, 'name')} ${textIn(scope, 'version')}`,
      );
      attributeEntries(lines, 'InstrumentationScope attributes', messagesIn(scope, 'attributes'));
      for (const [itemIndex, item] of messagesIn(scopeGroup, names.items).entries()) {
        if (signal === 'traces') spanEntries(lines, item, itemIndex);
        else if (signal === 'metrics') metricEntries(lines, item, itemIndex);
        else if (signal === 'logs') logEntries(lines, item, itemIndex);
        else profileEntries(lines, item, itemIndex, dictionary);
      }
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function entityEntries(lines: Lines, entities: readonly ProtoObject[]): void {
  if (entities.length === 0) return;
  lines.push('Resource entity refs:');
  for (const [index, entity] of entities.entries()) {
    lines.push(`     -> Entity ref #${index}:`, `          -> Type: ${textIn(entity, 'type')}`);
    const schema = textIn(entity, 'schemaUrl');
    if (schema !== '') lines.push(`          -> Schema URL: ${schema}`);
    for (const [title, field] of [
      ['ID keys', 'idKeys'],
      ['Description keys', 'descriptionKeys'],
    ] as const) {
      const keys = textsIn(entity, field);
      if (keys.length === 0) continue;
      lines.push(`          -> ${title}:`, ...keys.map((key) => `               -> ${key}`));
    }
  }
}

const SPAN_KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const STATUS_CODES = ['Unset', 'Ok', 'Error'];

function spanEntries(lines: Lines, span: ProtoObject, index: number): void {
  const status = messageIn(span, 'status');
  lines.push(`Span #${index}`);
  fieldEntry(lines, 'Trace ID', idIn(span, 'traceId'));
  fieldEntry(lines, 'Parent ID', idIn(span, 'parentSpanId'));
  fieldEntry(lines, 'ID', idIn(span, 'spanId'));
  fieldEntry(lines, 'Name', textIn(span, 'name'));
  fieldEntry(lines, 'Kind', SPAN_KINDS[numberIn(span, 'kind')] ?? '');
  const traceState = textIn(span, 'traceState');
  if (traceState !== '') fieldEntry(lines, 'TraceState', traceState);
  fieldEntry(lines, 'Start time', formatTime(bigIn(span, 'startTimeUnixNano')));
  fieldEntry(lines, 'End time', formatTime(bigIn(span, 'endTimeUnixNano')));
  fieldEntry(lines, 'Status code', STATUS_CODES[numberIn(status, 'code')] ?? '');
  fieldEntry(lines, 'Status message', textIn(status, 'message'));
  fieldEntry(lines, 'DroppedAttributesCount', String(numberIn(span, 'droppedAttributesCount')));
  fieldEntry(lines, 'DroppedEventsCount', String(numberIn(span, 'droppedEventsCount')));
  fieldEntry(lines, 'DroppedLinksCount', String(numberIn(span, 'droppedLinksCount')));
  attributeEntries(lines, 'Attributes', messagesIn(span, 'attributes'));
  const events = messagesIn(span, 'events');
  if (events.length > 0) lines.push('Events:');
  for (const [eventIndex, event] of events.entries()) {
    lines.push(
      `SpanEvent #${eventIndex}`,
      `     -> Name: ${textIn(event, 'name')}`,
      `     -> Timestamp: ${formatTime(bigIn(event, 'timeUnixNano'))}`,
      `     -> DroppedAttributesCount: ${numberIn(event, 'droppedAttributesCount')}`,
    );
    attributeEntries(lines, '     -> Attributes:', messagesIn(event, 'attributes'));
  }
  const links = messagesIn(span, 'links');
  if (links.length > 0) lines.push('Links:');
  for (const [linkIndex, link] of links.entries()) {
    lines.push(
      `SpanLink #${linkIndex}`,
      `     -> Trace ID: ${idIn(link, 'traceId')}`,
      `     -> ID: ${idIn(link, 'spanId')}`,
      `     -> TraceState: ${textIn(link, 'traceState')}`,
      `     -> DroppedAttributesCount: ${numberIn(link, 'droppedAttributesCount')}`,
    );
    attributeEntries(lines, '     -> Attributes:', messagesIn(link, 'attributes'));
  }
}

const SEVERITIES = ['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal'];

/** 1 is Trace, 2 Trace2, 5 Debug, … 24 Fatal4. */
function severityName(number: number): string {
  if (number === 0) return 'Unspecified';
  const name = SEVERITIES[Math.floor((number - 1) / 4)];
  if (name === undefined || number < 0) return '';
  const step = ((number - 1) % 4) + 1;
  return step === 1 ? name : `${name}${step}`;
}

function logEntries(lines: Lines, record: ProtoObject, index: number): void {
  const severity = numberIn(record, 'severityNumber');
  lines.push(
    `LogRecord #${index}`,
    `ObservedTimestamp: ${formatTime(bigIn(record, 'observedTimeUnixNano'))}`,
    `Timestamp: ${formatTime(bigIn(record, 'timeUnixNano'))}`,
    `SeverityText: ${textIn(record, 'severityText')}`,
    `SeverityNumber: ${severityName(severity)}(${severity})`,
  );
  const eventName = textIn(record, 'eventName');
  if (eventName !== '') lines.push(`EventName: ${eventName}`);
  lines.push(`Body: ${typedText(messageIn(record, 'body'))}`);
  attributeEntries(lines, 'Attributes', messagesIn(record, 'attributes'));
  lines.push(
    `Trace ID: ${idIn(record, 'traceId')}`,
    `Span ID: ${idIn(record, 'spanId')}`,
    `Flags: ${numberIn(record, 'flags')}`,
  );
}
