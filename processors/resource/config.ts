// The resource processor's configuration: the collector's keys.

import { z } from 'zod';
import { attributeActions } from '../../pipeline/attribute-actions/schema.ts';

export const config = z.strictObject({
  attributes: attributeActions('attributes').describe('Actions on the attributes of every resource, in this order.'),
});

export type ResourceConfig = z.output<typeof config>;
