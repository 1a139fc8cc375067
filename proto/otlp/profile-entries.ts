// Walks the attributes of a profiles request's resources and scopes, and writes some of them anew.

import { ProtoReader } from '../wire.ts';
import type { ProtoWriter } from '../wire-writer.ts';
import { ANY_ARRAY, ANY_MAP } from './any-value.ts';
import { ENVELOPE_FIELDS } from './envelope.ts';
import { RepeatedField } from './message-view.ts';
import type { SpliceOutput } from './splice-output.ts';

const RESOURCE_ATTRIBUTES = 1;
const SCOPE_ATTRIBUTES = 3;
/** Of `ArrayValue` and `KeyValueList`. */
const VALUES = 1;

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
  /** Writes the field of an AnyValue that `fields` is at in its other form; false, and nothing written, where it has none. */
  writeText(writer: ProtoWriter, fields: ProtoReader): boolean;
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

/** Writes the content of an AnyValue: texts as the rewriter has them, arrays and maps with theirs, everything else as it is. */
export function writeValue(bytes: Uint8Array, writer: ProtoWriter, value: Place, rewriter: EntryRewriter): void {
  const fields = fieldsOf(bytes, value);
  while (fields.next()) {
    if (rewriter.writeText(writer, fields)) continue;
    if (fields.field === ANY_ARRAY || fields.field === ANY_MAP) {
      const mark = writer.begin(fields.field, fields.stop - fields.start);
      writeValues(bytes, writer, fields, rewriter);
      writer.end(mark);
    } else writer.raw(bytes, fields.tagAt, fields.pos);
  }
}

/** The content of the array or map that `list` is at. */
function writeValues(bytes: Uint8Array, writer: ProtoWriter, list: ProtoReader, rewriter: EntryRewriter): void {
  const isMap = list.field === ANY_MAP;
  const fields = fieldsOf(bytes, list);
  while (fields.next()) {
    if (fields.field !== VALUES) {
      writer.raw(bytes, fields.tagAt, fields.pos);
      continue;
    }
    const mark = writer.begin(VALUES, fields.stop - fields.start);
    if (isMap) rewriter.write(writer, fields);
    else writeValue(bytes, writer, fields, rewriter);
    writer.end(mark);
  }
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
