// All converters by name.

import type { Converters } from '../function.ts';
import { COLLECTION_CONVERTERS } from './collections.ts';
import { HASH_CONVERTERS } from './hashes.ts';
import { LAMBDA_CONVERTERS } from './lambdas.ts';
import { NETWORK_CONVERTERS } from './network.ts';
import { PARSERS } from './parsers.ts';
import { STRING_CONVERTERS } from './strings.ts';
import { TIME_CONVERTERS } from './times.ts';
import { TYPE_CONVERTERS } from './types.ts';
import { USER_AGENT } from './user-agent/converter.ts';
import { XML_CONVERTERS } from './xml/converters.ts';

export const CONVERTERS: Converters = {
  ...TYPE_CONVERTERS,
  ...STRING_CONVERTERS,
  ...TIME_CONVERTERS,
  ...HASH_CONVERTERS,
  ...COLLECTION_CONVERTERS,
  ...LAMBDA_CONVERTERS,
  ...PARSERS,
  ...NETWORK_CONVERTERS,
  ...XML_CONVERTERS,
  UserAgent: USER_AGENT,
};
