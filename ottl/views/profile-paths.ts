// The paths of profiles, whose texts and attributes lie in the dictionary of their request.

import type { AnyValueView } from '../../proto/otlp/any-value.ts';
import type { MessageView } from '../../proto/otlp/message-view.ts';
import type { ProfileAttributesView } from '../../proto/otlp/profile-dictionary.ts';
import { PROFILE, type ProfileView } from '../../proto/otlp/profiles.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import type { PathEntry } from '../access.ts';
import { Id, Opaque, OttlEvaluationError, Time, type OttlValue } from '../value.ts';
import type { ViewItem } from './item.ts';

type Entry = readonly [string, PathEntry<ViewItem>];

const ID_BYTES = 16;
const SAMPLES = new Opaque('pprofile.SampleSlice');

export const PROFILE_PATHS: readonly Entry[] = [
  [
    'profile.attributes',
    {
      access: { get: ({ profile }) => attributesOf(profile).toJs() },
      keyed: (key) => {
        const needle = encodeUtf8(key);
        const attribute = ({ profile }: ViewItem): AnyValueView | undefined => attributesOf(profile).get(needle);
        return { attribute, get: (item) => attribute(item)?.toJs() ?? null };
      },
    },
  ],
  ...valueType('sample_type', (profile) => profile.sampleType),
  ...valueType('period_type', (profile) => profile.periodType),
  path('sample', () => SAMPLES),
  path('time', (profile) => new Time(signed(profile.timeUnixNano))),
  path('time_unix_nano', (profile) => signed(profile.timeUnixNano)),
  // A number in both spellings, as in the collector.
  path('duration', (profile) => signed(profile.durationNano)),
  path('duration_unix_nano', (profile) => signed(profile.durationNano)),
  path('period', (profile) => profile.period),
  path('profile_id', (profile) => new Id(idOf(profile))),
  // Unlike a trace id, one of zeros has a text.
  path('profile_id.string', (profile) => Buffer.from(idOf(profile)).toString('hex')),
  path('attribute_indices', (profile) => profile.attributeIndices().map(BigInt)),
  path('dropped_attributes_count', (profile) => BigInt(profile.droppedAttributesCount)),
  path('original_payload_format', (profile) => profile.originalPayloadFormat),
  path('original_payload', (profile) => profile.message.bytesField(PROFILE.originalPayload)),
];

function path(name: string, get: (profile: ProfileView) => OttlValue): Entry {
  return [`profile.${name}`, { access: { get: (item) => get(item.profile) }, indexable: false }];
}

/** A type with its texts `type` and `unit`, which the dictionary has. */
function valueType(name: string, of: (profile: ProfileView) => MessageView): Entry[] {
  const whole = new Opaque('pprofile.ValueType');
  const text = (field: string, number: number): Entry =>
    path(`${name}.${field}`, (profile) => {
      const index = of(profile).int32Field(number);
      const found = profile.dictionary.text(index);
      if (found !== undefined) return found;
      throw new OttlEvaluationError(`path "${field}" with strindex ${index} is out of range`);
    });
  return [path(name, () => whole), text('type', 1), text('unit', 2)];
}

/** One index that is wrong makes all attributes unreadable, as in the collector. */
function attributesOf({ attributes }: ProfileView): ProfileAttributesView {
  const problem = attributes.problem();
  if (problem === undefined) return attributes;
  throw new OttlEvaluationError(problem);
}

function idOf({ message }: ProfileView): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES);
  bytes.set(message.bytesField(PROFILE.profileId).subarray(0, ID_BYTES));
  return bytes;
}

function signed(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
