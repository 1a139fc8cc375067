// The configuration of basicauth: contrib's keys and rules. One extension serves listeners or exporters, not both.

import { z } from 'zod';
import { opaque } from '../../pipeline/schema.ts';

const htpasswd = z
  .strictObject({
    file: z
      .string()
      .default('')
      .describe(
        'Path of an htpasswd file: bcrypt, APR1, MD5, SHA, SSHA, SHA-256, SHA-512 or plain. Read again when it changes.',
      ),
    inline: opaque()
      .default('')
      .describe('The content of an htpasswd file itself; wins over the file for the same name.'),
  })
  .superRefine((settings, context) => {
    if (settings.file !== '' || settings.inline !== '') return;
    context.addIssue({ code: 'custom', path: ['file'], message: 'no credential source: give file, inline or both' });
  });

const clientAuth = z
  .strictObject({
    username: z.string().default('').describe('The name to send.'),
    username_file: z.string().default('').describe('A file with the name instead, read again when it changes.'),
    password: opaque().default('').describe('The password to send.'),
    password_file: z.string().default('').describe('A file with the password instead, read again when it changes.'),
  })
  .superRefine(({ username }, context) => {
    if (!username.includes(':')) return;
    context.addIssue({ code: 'custom', path: ['username'], message: 'must not contain a colon' });
  });

export const config = z
  .strictObject({
    htpasswd: htpasswd.optional().describe('For listeners: who may come in.'),
    client_auth: clientAuth.optional().describe('For exporters: what to send.'),
  })
  .superRefine((settings, context) => {
    const both = settings.htpasswd !== undefined && settings.client_auth !== undefined;
    if (both) {
      const message = 'only one of htpasswd and client_auth can be given; configure a second basicauth with a /name';
      context.addIssue({ code: 'custom', path: ['client_auth'], message });
    }
    if (settings.htpasswd === undefined && settings.client_auth === undefined) {
      context.addIssue({ code: 'custom', path: [], message: 'no credential source: give htpasswd or client_auth' });
    }
  });

export type HtpasswdSettings = z.output<typeof htpasswd>;
export type ClientAuthSettings = z.output<typeof clientAuth>;
