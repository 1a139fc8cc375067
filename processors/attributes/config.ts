// The attributes processor's configuration: the collector's keys.

import { z } from 'zod';
import { attributeActions } from '../../pipeline/attribute-actions/schema.ts';
import { matchProperties } from '../../pipeline/match-properties/schema.ts';

export const config = z.strictObject({
  include: matchProperties.describe('Only items with these properties are changed.'),
  exclude: matchProperties.describe('Items with these properties are not changed, even if include has them.'),
  actions: attributeActions('actions').describe('Actions on the attributes of each item, in this order.'),
});

export type AttributesConfig = z.output<typeof config>;
