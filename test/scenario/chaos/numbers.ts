// The numbers of the spans in a request: what a client counted up in the trace ids.

import { decode } from '../../proto/reference.ts';

interface Traces {
  readonly resourceSpans: { readonly scopeSpans: { readonly spans: { readonly traceId: Uint8Array }[] }[] }[];
}

export function numbersIn(body: Uint8Array): number[] {
  // The reference decoder gives what the .proto file says.
  const { resourceSpans } = decode('traces', body) as unknown as Traces;
  return resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ traceId }) => Buffer.from(traceId).readUInt32BE(12))),
  );
}
