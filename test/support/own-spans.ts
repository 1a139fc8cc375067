// The agent's own spans as a component under test records them.

import type { ComponentKind } from '../../pipeline/component.ts';
import { tracerOf } from '../../pipeline/own-telemetry/own-traces.ts';
import type { EndedSpan } from '../../pipeline/own-telemetry/tracer.ts';
import type { ComponentSpans } from '../../pipeline/spans.ts';

export function recordSpans(kind: ComponentKind, id: string): { spans: ComponentSpans; ended: EndedSpan[] } {
  const ended: EndedSpan[] = [];
  const tracer = tracerOf({ propagators: ['tracecontext'] }, Date.now, (span) => ended.push(span));
  return { spans: tracer.forComponent(kind, id), ended };
}

/** Resolves once as many spans have ended; a span of a server ends with its connection's answer, not with the client's. */
export async function spansEnded(ended: readonly EndedSpan[], count: number): Promise<void> {
  const timeout = AbortSignal.timeout(5_000);
  while (ended.length < count) {
    if (timeout.aborted) throw new Error(`waited for ${count} spans: ${ended.map(({ name }) => name).join(', ')}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
