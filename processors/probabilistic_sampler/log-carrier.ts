// Log records: sampling information lies in the attributes `sampling.threshold` and `sampling.randomness`.

import { ANY_BYTES, ANY_DOUBLE, ANY_INT, ANY_STRING, type AnyValueView } from '../../proto/otlp/any-value.ts';
import { encodeAnyValue } from '../../proto/otlp/encode-value.ts';
import { LOG_RECORD, LogRecordView } from '../../proto/otlp/logs.ts';
import { MessageDraft } from '../../proto/otlp/message-draft.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import { valueText } from '../../proto/otlp/value-text.ts';
import { POLICY, type Carrier, type Policy } from './carrier.ts';
import type { SamplerConfig } from './config.ts';
import { hashOfTraceId, randomnessOfBytes, randomnessOfTraceId } from './randomness.ts';
import { parseRandomness, parseThreshold, Randomness, thresholdOf, type Threshold } from './threshold.ts';

const THRESHOLD = encodeUtf8('sampling.threshold');
const RANDOMNESS = encodeUtf8('sampling.randomness');

export class LogCarrier implements Carrier<MessageDraft, LogRecordView> {
  readonly notesMissing = false;
  readonly #usesTraceId: boolean;
  readonly #source: Uint8Array | undefined;
  readonly #priority: Uint8Array | undefined;
  readonly #precision: number;
  #draft = new MessageDraft();
  #record = new LogRecordView();
  #threshold: Threshold | undefined;
  readonly #randomness = new Randomness();
  #hasRandomness = false;
  #isThresholdCleared = false;
  #isThresholdNew = false;
  #isRandomnessNew = false;

  constructor(config: SamplerConfig) {
    this.#usesTraceId = config.attribute_source === 'traceID';
    this.#source = config.from_attribute === '' ? undefined : encodeUtf8(config.from_attribute);
    this.#priority = config.sampling_priority === '' ? undefined : encodeUtf8(config.sampling_priority);
    this.#precision = config.sampling_precision;
  }

  load(draft: MessageDraft, record: LogRecordView): boolean {
    this.#draft = draft;
    this.#record = record;
    this.#isThresholdCleared = this.#isThresholdNew = this.#isRandomnessNew = false;
    const threshold = record.attributes.getString(THRESHOLD) ?? '';
    this.#threshold = threshold === '' ? undefined : parseThreshold(threshold);
    const randomness = record.attributes.getString(RANDOMNESS) ?? '';
    this.#hasRandomness = randomness !== '' && parseRandomness(randomness, this.#randomness);
    return (threshold === '' || this.#threshold !== undefined) && (randomness === '' || this.#hasRandomness);
  }

  get threshold(): Threshold | undefined {
    return this.#threshold;
  }

  get randomness(): Randomness {
    return this.#randomness;
  }

  get hasRandomness(): boolean {
    return this.#hasRandomness;
  }

  readTraceId(randomness: Randomness): boolean {
    return randomnessOfTraceId(this.#record.message, LOG_RECORD.traceId, randomness);
  }

  hash(seed: number, randomness: Randomness): Policy {
    if (this.#usesTraceId && hashOfTraceId(this.#record.message, LOG_RECORD.traceId, seed, randomness)) {
      return POLICY.traceIdHash;
    }
    const value = this.#source === undefined ? undefined : this.#record.attributes.get(this.#source);
    return value !== undefined && hashValue(value, seed, randomness) ? POLICY.attributeHash : POLICY.missingRandomness;
  }

  setRandomness(randomness: Randomness): void {
    this.#randomness.set(randomness.upper, randomness.lower);
    this.#hasRandomness = this.#isRandomnessNew = true;
  }

  clearThreshold(): void {
    this.#threshold = undefined;
    this.#isThresholdCleared = true;
  }

  raiseThreshold(threshold: Threshold): void {
    if (this.#threshold !== undefined && threshold.rejected < this.#threshold.rejected) return;
    this.#threshold = threshold;
    this.#isThresholdNew = true;
  }

  /** The share in percent that the configured attribute asks for. */
  priorityThreshold(): Threshold | undefined {
    const value = this.#priority === undefined ? undefined : this.#record.attributes.get(this.#priority);
    if (value === undefined) return undefined;
    if (value.type === ANY_DOUBLE) return thresholdOf(value.double() / 100, this.#precision);
    return value.type === ANY_INT ? thresholdOf(value.intAsNumber() / 100, this.#precision) : undefined;
  }

  write(): void {
    const { attributes } = this.#draft;
    if (this.#isRandomnessNew) attributes.upsert(RANDOMNESS, encodeAnyValue(this.#randomness.toString()));
    if (this.#isThresholdCleared) attributes.delete(THRESHOLD);
    if (this.#isThresholdNew) attributes.upsert(THRESHOLD, encodeAnyValue(this.#threshold?.text ?? ''));
  }
}

/** False where there is nothing to hash. */
function hashValue(value: AnyValueView, seed: number, randomness: Randomness): boolean {
  if (value.type === ANY_STRING || value.type === ANY_BYTES) {
    if (value.start === value.end) return false;
    randomnessOfBytes(value.bytes, value.start, value.end, seed, randomness);
    return true;
  }
  const text = encodeUtf8(valueText(value));
  if (text.length === 0) return false;
  randomnessOfBytes(text, 0, text.length, seed, randomness);
  return true;
}
