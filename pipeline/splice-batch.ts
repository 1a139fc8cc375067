// Applies a splicer to a batch: what processors do that edit or drop items.

import type { MessageDraft } from '../proto/otlp/message-draft.ts';
import { spliceLogRecords, spliceMetrics, spliceProfiles, spliceSpans } from '../proto/otlp/splice.ts';
import { MalformedProto } from '../proto/wire.ts';
import { withChunks, type Batch } from './batch.ts';
import { Rejected } from './delivery.ts';
import type { Signal } from './signal.ts';

/** A splicer of any signal, as far as it is needed here. */
export interface ChunkEditor {
  run(chunks: readonly Uint8Array[]): readonly Uint8Array[];
  itemsAfter(chunks: readonly Uint8Array[], itemsBefore: number): number;
}

/** The edited batch; the batch itself, its compressed form included, where nothing changed. Throws Rejected where it is malformed. */
export function spliceBatch(batch: Batch, editor: ChunkEditor): Batch {
  let chunks: readonly Uint8Array[];
  try {
    chunks = editor.run(batch.chunks);
  } catch (error) {
    if (!(error instanceof MalformedProto)) throw error;
    throw new Rejected(error.message, { count: batch.items, cause: error });
  }
  return chunks === batch.chunks ? batch : withChunks(batch, chunks, editor.itemsAfter(chunks, batch.items));
}

/** Edits the resources of a signal; `resource` says whether each stays or goes, `schemaUrl` what those get that have none. */
export function resourceSplicer(
  signal: Signal,
  resource: (draft: MessageDraft) => boolean,
  schemaUrl: () => Uint8Array | undefined = () => undefined,
): ChunkEditor {
  const hooks = { resource, schemaUrl };
  switch (signal) {
    case 'traces':
      return spliceSpans(hooks);
    case 'metrics':
      return spliceMetrics(hooks);
    case 'logs':
      return spliceLogRecords(hooks);
    default:
      return spliceProfiles(hooks);
  }
}
