// `group_by`: a batch taken apart by an attribute of its resources, and the file each part goes to.

import path from 'node:path';
import type { Batch } from '../../pipeline/batch.ts';
import { AttributesView } from '../../proto/otlp/attributes.ts';
import { ENVELOPE_FIELDS } from '../../proto/otlp/envelope.ts';
import { countItems } from '../../proto/otlp/count.ts';
import { MessageView } from '../../proto/otlp/message-view.ts';
import { ProtoReader } from '../../proto/wire.ts';

/** A part of a batch: the bytes of a request, and how many items it has. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly items: number;
}

/** By the attribute's text; undefined for resources without it. Throws MalformedProto. */
export function groupByResource(batch: Batch, attribute: Uint8Array): ReadonlyMap<string | undefined, Part> {
  const groups = new Map<string | undefined, Uint8Array[]>();
  for (const chunk of batch.chunks) groupChunk(chunk, attribute, groups);
  const parts = new Map<string | undefined, Part>();
  for (const [segment, pieces] of groups) {
    const bytes = Buffer.concat(pieces);
    parts.set(segment, { bytes, items: countItems(batch.signal, bytes) });
  }
  return parts;
}

function groupChunk(chunk: Uint8Array, attribute: Uint8Array, groups: Map<string | undefined, Uint8Array[]>): void {
  const fields = new ProtoReader();
  const envelope = new MessageView();
  const resource = new MessageView();
  const attributes = new AttributesView();
  /** What is not a resource (the dictionary of profiles) belongs to every part. */
  const shared: Uint8Array[] = [];
  const seen = new Set<string | undefined>();
  fields.reset(chunk, 0, chunk.length);
  while (fields.next()) {
    const field = chunk.subarray(fields.tagAt, fields.pos);
    if (fields.field !== 1) {
      shared.push(field);
      continue;
    }
    envelope.bind(chunk, fields.start, fields.stop);
    const { inner } = ENVELOPE_FIELDS;
    resource.bind(chunk, envelope.contentStart(inner), envelope.contentEnd(inner));
    attributes.bind(resource, 1);
    const segment = attributes.getString(attribute);
    const pieces = groups.get(segment);
    if (pieces) pieces.push(field);
    else groups.set(segment, [field]);
    seen.add(segment);
  }
  if (shared.length > 0) for (const segment of seen) groups.get(segment)?.push(...shared);
}

/** Where a part goes: the text in place of the `*`, never outside of what comes before it. */
export class PathPattern {
  readonly #prefix: string;
  readonly #suffix: string;

  constructor(pattern: string) {
    const [prefix = '', suffix = ''] = pattern.split('*');
    const cleaned = path.normalize(prefix);
    this.#prefix = prefix.endsWith('/') && !cleaned.endsWith('/') ? `${cleaned}/` : cleaned;
    this.#suffix = suffix;
  }

  pathOf(segment: string): string {
    let inside = segment;
    if (segment.startsWith('./')) inside = segment.slice(1);
    else if (segment.startsWith('../')) inside = segment.slice(2);
    const full = path.normalize(this.#prefix + inside + this.#suffix);
    // The text comes from whoever sends data: it must not lead out of the folder.
    if (full.startsWith(this.#prefix)) return full;
    return path.join(this.#prefix, path.join('/', inside + this.#suffix));
  }
}
