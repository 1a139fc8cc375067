// Merging: concatenated OTLP is OTLP, so that a merged batch is its parts' chunks, under what their clients have in common.

import { isDeepStrictEqual } from 'node:util';
import { withChunks, type Batch, type ClientContext } from '../batch.ts';
import type { SpanContext } from '../spans.ts';

/** Spans a merged request is linked with at most: the limit of OpenTelemetry's SDKs. */
const MAX_LINKS = 128;

/** One batch of several of the same signal; the chunks stay as they are. */
export function mergeBatches(batches: readonly Batch[]): Batch {
  const chunks: Uint8Array[] = [];
  let items = 0;
  for (const batch of batches) {
    for (const chunk of batch.chunks) chunks.push(chunk);
    items += batch.items;
  }
  const [first] = batches;
  if (!first) throw new Error('a request needs at least one batch');
  const merged = withChunks(first, chunks, items);
  const context = commonContext(batches, first.context);
  const hasSpans = batches.some((batch) => batch.context.span ?? batch.context.links);
  return { ...merged, context: hasSpans ? linkedContext(batches, context) : context };
}

/** What is true of every client: whatever else a request kept of one of them would be said of the others' data as well. */
function commonContext(batches: readonly Batch[], first: ClientContext): ClientContext {
  let { metadata, auth, address, account } = first;
  for (const { context: other } of batches) {
    if (other === first) continue;
    if (other.metadata !== metadata) metadata = commonPart(metadata, other.metadata);
    if (auth && other.auth !== auth) auth = commonPart(auth, other.auth ?? new Map());
    if (address !== other.address) address = undefined;
    if (account !== other.account) account = undefined;
  }
  const isFirst = metadata === first.metadata && auth === first.auth && address === first.address;
  if (isFirst && account === first.account) return first;
  return {
    metadata,
    ...(auth ? { auth } : {}),
    ...(address === undefined ? {} : { address }),
    ...(account ? { account } : {}),
  };
}

function commonPart<Value>(one: ReadonlyMap<string, Value>, other: ReadonlyMap<string, Value>) {
  if (one.size === 0) return one;
  return new Map([...one].filter(([key, value]) => isDeepStrictEqual(value, other.get(key))));
}

/** What was on its way in several spans belongs to none of them any more, and is linked with all. */
function linkedContext(batches: readonly Batch[], context: ClientContext): ClientContext {
  const links: SpanContext[] = [];
  for (const { context: own } of batches) {
    const { span, links: earlier = [] } = own;
    if (span) links.push(span.context);
    else links.push(...earlier);
  }
  return { ...context, span: undefined, links: links.slice(0, MAX_LINKS) };
}
