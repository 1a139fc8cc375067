// How a span is told of in headers: W3C trace context and B3, read and written as the collector's propagators do.

import { AgentError } from '../errors.ts';
import { SAMPLED, type SpanContext } from '../spans.ts';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Propagator {
  extract(headers: Headers): SpanContext | undefined;
  inject(span: SpanContext, headers: Record<string, string>): void;
}

const FLAGS = 0x03;
const MAX_TRACE_STATE = 512;

/** https://www.w3.org/TR/trace-context-2/, sections 3.2 and 3.3. */
const TRACE_CONTEXT: Propagator = {
  extract(headers) {
    const match = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(textOf(headers['traceparent']));
    if (!match) return undefined;
    const [, version, traceId = '', spanId = '', flagText = '', more] = match;
    const flags = Number.parseInt(flagText, 16);
    if (version === 'ff' || (version === '00' && (more !== undefined || flags > FLAGS))) return undefined;
    if (!isId(traceId) || !isId(spanId)) return undefined;
    const traceState = traceStateOf(headers['tracestate']);
    const context = { traceId, spanId, traceFlags: flags & FLAGS, isRemote: true };
    return traceState === '' ? context : { ...context, traceState };
  },
  inject({ traceId, spanId, traceFlags, traceState }, headers) {
    headers['traceparent'] = `00-${traceId}-${spanId}-0${traceFlags & FLAGS}`;
    if (traceState !== undefined) headers['tracestate'] = traceState;
  },
};

/** https://github.com/openzipkin/b3-propagation: the single header, and the many where it is not valid. */
const B3: Propagator = {
  extract: (headers) => fromSingle(textOf(headers['b3'])) ?? fromMany(headers),
  inject({ traceId, spanId, traceFlags }, headers) {
    headers['b3'] = `${traceId}-${spanId}-${traceFlags & SAMPLED}`;
  },
};

function fromSingle(text: string): SpanContext | undefined {
  const match = /^([\da-f]{32}|[\da-f]{16})-([\da-f]{16})(?:-([01d])(?:-[\da-f]{16})?)?$/.exec(text);
  return match ? b3Context(match[1] ?? '', match[2] ?? '', match[3] === '1' || match[3] === 'd') : undefined;
}

function fromMany(headers: Headers): SpanContext | undefined {
  const traceId = textOf(headers['x-b3-traceid']);
  const spanId = textOf(headers['x-b3-spanid']);
  if (!/^(?:[\da-f]{32}|[\da-f]{16})$/.test(traceId) || !/^[\da-f]{16}$/.test(spanId)) return undefined;
  const sampled = textOf(headers['x-b3-sampled']).toLowerCase();
  if (!['', '0', '1', 'true', 'false'].includes(sampled)) return undefined;
  const isDebug = textOf(headers['x-b3-flags']) === '1';
  return b3Context(traceId, spanId, isDebug || sampled === '1' || sampled === 'true');
}

function b3Context(traceId: string, spanId: string, isSampled: boolean): SpanContext | undefined {
  if (!isId(traceId) || !isId(spanId)) return undefined;
  return { traceId: traceId.padStart(32, '0'), spanId, traceFlags: isSampled ? SAMPLED : 0, isRemote: true };
}

const PROPAGATORS: ReadonlyMap<string, Propagator> = new Map([
  ['tracecontext', TRACE_CONTEXT],
  ['b3', B3],
]);

/** All of them in turn; of what they read the last wins, as in the collector. Fails with TELEMETRY_EXPORT. */
export function propagatorOf(names: readonly string[]): Propagator {
  const chosen = names.map((name) => {
    const propagator = PROPAGATORS.get(name);
    if (propagator) return propagator;
    throw new AgentError('TELEMETRY_EXPORT', `"${name}" is not a propagator; expected tracecontext or b3`, {
      path: 'service::telemetry::traces::propagators',
    });
  });
  return {
    extract(headers) {
      let found: SpanContext | undefined;
      for (const propagator of chosen) found = propagator.extract(headers) ?? found;
      return found;
    },
    inject(span, headers) {
      for (const propagator of chosen) propagator.inject(span, headers);
    },
  };
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

/** What can not be passed on as a header is left out; it must not cost the `traceparent`. */
function traceStateOf(value: string | readonly string[] | undefined): string {
  const text = typeof value === 'string' ? value : (value?.join(',') ?? '');
  return text.length <= MAX_TRACE_STATE && /^[\x20-\x7e]*$/.test(text) ? text : '';
}

function isId(text: string): boolean {
  return !/^0+$/.test(text);
}
