// Views of profiles and their samples, and the cursor over a batch's profiles. Their names lie in the dictionary that all
// profiles of a request share, which is why profiles batches are neither merged nor split.

import { ItemCursor } from './envelope.ts';
import { ChildCursor } from './item-view.ts';
import { MessageView } from './message-view.ts';
import { ProfileAttributesView, ProfileDictionary } from './profile-dictionary.ts';
import { repeatedFixed64, repeatedVarint } from './repeated-numbers.ts';

/** Field numbers of `Profile`. */
export const PROFILE = {
  sampleType: 1,
  samples: 2,
  timeUnixNano: 3,
  durationNano: 4,
  periodType: 5,
  period: 6,
  profileId: 7,
  droppedAttributesCount: 8,
  originalPayloadFormat: 9,
  originalPayload: 10,
  attributeIndices: 11,
} as const;

/** Field numbers of `Sample`. */
export const SAMPLE = {
  stackIndex: 1,
  attributeIndices: 2,
  linkIndex: 3,
  values: 4,
  timestampsUnixNano: 5,
} as const;

/** One profile where it lies, in the buffer that holds its whole request. */
export class ProfileView {
  readonly message = new MessageView();
  readonly #samples = new ChildCursor(new SampleView());
  readonly #valueType = new MessageView();
  readonly #dictionary = new ProfileDictionary();
  readonly #attributes = new ProfileAttributesView();

  bind(bytes: Uint8Array, start?: number, end?: number): void {
    this.message.bind(bytes, start, end);
  }

  get timeUnixNano(): bigint {
    return this.message.fixed64Field(PROFILE.timeUnixNano);
  }

  get durationNano(): bigint {
    return this.message.uint64Field(PROFILE.durationNano);
  }

  get period(): bigint {
    return this.message.int64Field(PROFILE.period);
  }

  get profileIdHex(): string {
    return this.message.hexField(PROFILE.profileId);
  }

  get droppedAttributesCount(): number {
    return this.message.uint32Field(PROFILE.droppedAttributesCount);
  }

  get originalPayloadFormat(): string {
    return this.message.stringField(PROFILE.originalPayloadFormat);
  }

  /** The `ValueType` of the samples' values: string table indices in fields 1 (type) and 2 (unit). Reused. */
  get sampleType(): MessageView {
    return this.#bindValueType(PROFILE.sampleType);
  }

  get periodType(): MessageView {
    return this.#bindValueType(PROFILE.periodType);
  }

  attributeIndices(): number[] {
    return repeatedVarint(this.message, PROFILE.attributeIndices).map(int32);
  }

  /** The dictionary of the request that the profile lies in. */
  get dictionary(): ProfileDictionary {
    this.#dictionary.bind(this.message.bytes);
    return this.#dictionary;
  }

  get attributes(): ProfileAttributesView {
    this.#attributes.bind(this.dictionary, this.attributeIndices());
    return this.#attributes;
  }

  /** A cursor over the samples, rewound. */
  samples(): ChildCursor<SampleView> {
    this.#samples.reset(this.message, PROFILE.samples);
    return this.#samples;
  }

  #bindValueType(field: number): MessageView {
    this.#valueType.bind(this.message.bytes, this.message.contentStart(field), this.message.contentEnd(field));
    return this.#valueType;
  }
}

/** One sample of a profile. */
export class SampleView {
  readonly message = new MessageView();
  bind(bytes: Uint8Array, start?: number, end?: number): void {
    this.message.bind(bytes, start, end);
  }

  get stackIndex(): number {
    return this.message.int32Field(SAMPLE.stackIndex);
  }

  get linkIndex(): number {
    return this.message.int32Field(SAMPLE.linkIndex);
  }

  attributeIndices(): number[] {
    return repeatedVarint(this.message, SAMPLE.attributeIndices).map(int32);
  }

  /** Signed values. */
  values(): bigint[] {
    return repeatedVarint(this.message, SAMPLE.values).map((value) => BigInt.asIntN(64, value));
  }

  timestampsUnixNano(): bigint[] {
    return repeatedFixed64(this.message, SAMPLE.timestampsUnixNano);
  }
}

function int32(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** Walks the profiles of a profiles batch. */
export class ProfileCursor extends ItemCursor<ProfileView> {
  constructor() {
    super(new ProfileView());
  }
}
