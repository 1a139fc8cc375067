// `resource_attributes` of a detector's settings: a switch for each attribute it can find out.

import { z } from 'zod';
import type { AttributeSwitches } from './detected.ts';

/** An attribute and whether it is on by default. */
export type AttributeDefinitions = Readonly<
  Record<string, { readonly enabled: boolean; readonly description: string }>
>;

export function attributeSwitches<Definitions extends AttributeDefinitions>(definitions: Definitions) {
  const shape = Object.fromEntries(
    Object.entries(definitions).map(([name, { enabled, description }]) => [
      name,
      z
        .strictObject({ enabled: z.boolean().default(enabled).describe('Whether it is set.') })
        .prefault({})
        .describe(description),
    ]),
  );
  const section = z.strictObject(shape).prefault({}).describe('What is said, by name.');
  // Safe: the shape has exactly these keys, which fromEntries forgets.
  return section as unknown as z.ZodType<AttributeSwitches<keyof Definitions & string>>;
}
