// The configuration of headers_setter: contrib's keys and rules.

import { z } from 'zod';
import { componentId, opaque } from '../../pipeline/schema.ts';

const SOURCES = ['value', 'value_file', 'from_context', 'from_attribute'] as const;

const header = z
  .strictObject({
    key: z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of a header, such as X-Scope-OrgID')
      .describe('The name of the header.'),
    action: z
      .enum(['', 'insert', 'update', 'upsert', 'delete'])
      .default('')
      .describe(
        'insert: where there is none; update: where there is one; upsert, also where empty: in both cases; delete: takes it away.',
      ),
    value: opaque().optional().describe('The value itself.'),
    value_file: z.string().optional().describe('A file with the value, read again when it changes.'),
    from_context: z
      .string()
      .optional()
      .describe("Take the value from this header of the sender's request; the receiver needs include_metadata."),
    from_attribute: z
      .string()
      .optional()
      .describe(
        "Take the value from what the receiver's authenticator found out, such as subject or username. A queue on disk (sending_queue::storage) does not keep it.",
      ),
    default_value: opaque().optional().describe('The value where from_context or from_attribute finds nothing.'),
  })
  .superRefine((settings, context) => {
    if (settings.action === 'delete') return;
    const given = SOURCES.filter((source) => settings[source] !== undefined);
    if (given.length === 1) return;
    const seen = given.length === 0 ? 'found none' : `found ${given.join(' and ')}`;
    const message = `exactly one source of the value is needed, of ${SOURCES.join(', ')}; ${seen}`;
    context.addIssue({ code: 'custom', path: [], message });
  });

export const config = z.strictObject({
  headers: z.array(header).min(1, 'at least one header is needed').describe('What to do, in this order.'),
  additional_auth: componentId().optional().describe('Another authenticator, asked first.'),
});

export type HeadersSetterConfig = z.output<typeof config>;
export type HeaderSettings = z.output<typeof header>;
