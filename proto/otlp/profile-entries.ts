// Walks the attributes of a profiles request's resources and scopes, and writes some of them anew.

import { ProtoReader } from '../wire.ts';
import type { ProtoWriter } from '../wire-writer.ts';
import { ENVELOPE_FIELDS } from './envelope.ts';
import { RepeatedField } from './message-view.ts';
import type { SpliceOutput } from './splice-output.ts';

const RESOURCE_ATTRIBUTES = 1;
const SCOPE_ATTRIBUTES = 3;

/** Where a message lies whose tag is at `tagAt`. */
export interface Place {
  readonly tagAt: number;
  readonly start: number;
  readonly stop: number;
}

/** What becomes of an attribute. */
export interface EntryRewriter {
  /** Whether it is written anew; others are copied. */
  changes(entry: Place): boolean;
  /** Writes the content of its KeyValue. */
  write(writer: ProtoWriter, entry: Place): void;
}

/** Goes through the `ResourceProfiles` at `place` of the request whose splice is under way in `output`. */
export function rewriteEntries(bytes: Uint8Array, place: Place, output: SpliceOutput, rewriter: EntryRewriter): void {
  output.enter(1, place.tagAt, place.start, place.stop);
  const fields = fieldsOf(bytes, place);
  while (fields.next()) {
    if (fields.field === ENVELOPE_FIELDS.inner) rewriteHolder(fields, RESOURCE_ATTRIBUTES, output, rewriter);
    else if (fields.field === ENVELOPE_FIELDS.items) rewriteScope(fields, output, rewriter);
  }
  output.leave();
}

/** A reader of its own: those of messages around this one go on. */
export function fieldsOf(bytes: Uint8Array, place: Place): ProtoReader {
  const fields = new ProtoReader();
  fields.reset(bytes, place.start, place.stop);
  return fields;
}

function rewriteScope(place: ProtoReader, output: SpliceOutput, rewriter: EntryRewriter): void {
  output.enter(ENVELOPE_FIELDS.items, place.tagAt, place.start, place.stop);
  const fields = fieldsOf(place.bytes, place);
  while (fields.next()) {
    if (fields.field === ENVELOPE_FIELDS.inner) rewriteHolder(fields, SCOPE_ATTRIBUTES, output, rewriter);
  }
  output.leave();
}

/** A resource or an instrumentation scope. */
function rewriteHolder(place: ProtoReader, field: number, output: SpliceOutput, rewriter: EntryRewriter): void {
  output.enter(ENVELOPE_FIELDS.inner, place.tagAt, place.start, place.stop);
  const entries = new RepeatedField();
  entries.reset(place.bytes, place.start, place.stop, field);
  while (entries.next()) {
    if (!rewriter.changes(entries)) continue;
    output.skip(entries.tagAt, entries.stop);
    const writer = output.insertAt(entries.stop);
    const mark = writer.begin(field, entries.stop - entries.start);
    rewriter.write(writer, entries);
    writer.end(mark);
  }
  output.leave();
}
