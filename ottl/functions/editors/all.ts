// All editors by name.

import type { Editors } from '../../editor.ts';
import { FLATTEN } from './flatten.ts';
import { KEY_EDITORS } from './keys.ts';
import { REPLACE_EDITORS } from './replace.ts';
import { VALUE_EDITORS } from './values.ts';

export const EDITORS: Editors = { ...VALUE_EDITORS, ...KEY_EDITORS, ...REPLACE_EDITORS, flatten: FLATTEN };
