// Redacts the body of a log record: keys and values of maps at any depth, elements of lists, or the body itself as text.
// What was done is said in the record's attributes.

import { ANY_ARRAY, ANY_MAP, ANY_STRING, AnyValueView, KeyValueView } from '../../proto/otlp/any-value.ts';
import { RepeatedField } from '../../proto/otlp/message-view.ts';
import { LOG_RECORD, type LogRecordView } from '../../proto/otlp/logs.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import { valueText } from '../../proto/otlp/value-text.ts';
import { malformed, MAX_DEPTH, ProtoReader } from '../../proto/wire.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import type { RedactionConfig } from './config.ts';
import { IGNORED, MASKED, REMOVED, type KeyVerdicts } from './key-verdicts.ts';
import { Summary } from './summary.ts';
import { ALLOWED, CHANGED, type ValueRedactor } from './value-redactor.ts';

const ELEMENT = 1;
const ENTRY_VALUE = 2;

export class BodyRedactor {
  readonly #keys: KeyVerdicts;
  readonly #values: ValueRedactor;
  readonly #summary: Summary;
  readonly #writer = new ProtoWriter();
  #changed = false;

  constructor(config: RedactionConfig, keys: KeyVerdicts, values: ValueRedactor) {
    this.#keys = keys;
    this.#values = values;
    this.#summary = new Summary(config.summary, 'body.');
  }

  apply(draft: MessageDraft, record: LogRecordView): void {
    const { body, message } = record;
    if (body.type !== ANY_MAP && body.type !== ANY_ARRAY) {
      this.#single(draft, body);
      return;
    }
    this.#changed = false;
    this.#writer.clear();
    this.#value(message.bytes, message.contentStart(LOG_RECORD.body), message.contentEnd(LOG_RECORD.body), '', 0);
    if (this.#changed) draft.setBytes(LOG_RECORD.body, this.#writer.view());
    this.#summary.writeTo(draft.attributes);
  }

  /** A body that is one value. An allowed one is not mentioned, as in the collector. */
  #single(draft: MessageDraft, body: AnyValueView): void {
    if (this.#judge(body) !== CHANGED) return;
    this.#writer.clear();
    this.#writer.stringField(ANY_STRING, this.#values.text);
    draft.setBytes(LOG_RECORD.body, this.#writer.view());
    this.#summary.masked('body');
    this.#summary.writeTo(draft.attributes);
  }

  #judge(value: AnyValueView): number {
    if (value.type === ANY_STRING) return this.#values.ofBody(value.bytes, value.start, value.end);
    const text = encodeUtf8(valueText(value));
    return this.#values.ofBody(text, 0, text.length);
  }

  /** Writes the fields of the AnyValue in [start, end), redacted; `path` is where it lies in the body. */
  #value(bytes: Uint8Array, start: number, end: number, path: string, depth: number): void {
    if (depth > MAX_DEPTH) malformed(`values nested more than ${MAX_DEPTH} deep`, start);
    const value = new AnyValueView();
    value.bind(bytes, start, end);
    const isMap = value.type === ANY_MAP;
    if (isMap || value.type === ANY_ARRAY) {
      const fields = new ProtoReader();
      fields.reset(bytes, start, end);
      while (fields.next()) {
        if (fields.field !== value.type || fields.start !== value.start) {
          this.#writer.raw(bytes, fields.tagAt, fields.pos);
          continue;
        }
        const mark = this.#writer.begin(value.type, value.end - value.start);
        if (isMap) this.#entries(bytes, value.start, value.end, path, depth);
        else this.#elements(bytes, value.start, value.end, path, depth);
        this.#writer.end(mark);
      }
      return;
    }
    const result = this.#judge(value);
    if (result === ALLOWED) this.#summary.allowed(path);
    if (result === CHANGED) {
      this.#writer.stringField(ANY_STRING, this.#values.text);
      this.#changed = true;
      this.#summary.masked(path);
    } else this.#writer.raw(bytes, start, end);
  }

  #elements(bytes: Uint8Array, start: number, end: number, path: string, depth: number): void {
    const elements = new RepeatedField();
    elements.reset(bytes, start, end, ELEMENT);
    for (let index = 0; elements.next(); index++) {
      const mark = this.#writer.begin(ELEMENT, elements.stop - elements.start);
      this.#value(bytes, elements.start, elements.stop, this.#below(path, `[${index}]`, depth), depth + 1);
      this.#writer.end(mark);
    }
  }

  #entries(bytes: Uint8Array, start: number, end: number, path: string, depth: number): void {
    const entries = new RepeatedField();
    const entry = new KeyValueView();
    entries.reset(bytes, start, end, ELEMENT);
    while (entries.next()) {
      entry.bind(bytes, entries.start, entries.stop);
      const { kind, key } = this.#keys.of(bytes, entry.keyStart, entry.keyEnd);
      const place = this.#below(path, key, depth);
      if (kind === IGNORED) {
        this.#summary.ignored();
        this.#writer.raw(bytes, entries.tagAt, entries.stop);
      } else if (kind === REMOVED) {
        this.#changed = true;
        this.#summary.redacted(place);
      } else this.#entry(entry, entries, kind, place, depth);
    }
  }

  /** Writes an entry with its value redacted, all other fields of the KeyValue kept. */
  #entry(entry: KeyValueView, { bytes, start, stop }: RepeatedField, kind: number, path: string, depth: number): void {
    const { valueStart, valueEnd } = entry;
    const mark = this.#writer.begin(ELEMENT, stop - start);
    const fields = new ProtoReader();
    fields.reset(bytes, start, stop);
    while (fields.next()) if (fields.field !== ENTRY_VALUE) this.#writer.raw(bytes, fields.tagAt, fields.pos);
    const value = this.#writer.begin(ENTRY_VALUE, valueEnd - valueStart);
    if (kind === MASKED) {
      this.#writer.stringField(ANY_STRING, this.#values.maskedWhole(entry.value.string()));
      this.#changed = true;
      this.#summary.masked(path);
    } else this.#value(bytes, valueStart, valueEnd, path, depth + 1);
    this.#writer.end(value);
    this.#writer.end(mark);
  }

  /** Paths are made only where they are told. */
  #below(path: string, name: string, depth: number): string {
    if (!this.#summary.names) return '';
    return depth === 0 ? name : `${path}.${name}`;
  }
}
