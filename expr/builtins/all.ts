// Every builtin that takes values only; those with predicates are in predicates.ts.

import type { Builtins } from './arguments.ts';
import { COLLECTION_BUILTINS } from './collections.ts';
import { NUMBER_BUILTINS } from './numbers.ts';
import { STRING_BUILTINS } from './strings.ts';
import { TIME_BUILTINS } from './times.ts';

export const BUILTINS: Builtins = {
  ...NUMBER_BUILTINS,
  ...STRING_BUILTINS,
  ...COLLECTION_BUILTINS,
  ...TIME_BUILTINS,
};
