// The configuration of bearertokenauth: contrib's keys, defaults and rules.

import { z } from 'zod';
import { duration, opaque } from '../../pipeline/schema.ts';

const retryOnFailure = z.strictObject({
  enabled: z.boolean().default(false).describe('Whether to try again at all.'),
  max_retries: z.int().default(0).describe('Give up after so many tries; 0 means never.'),
  interval: duration().prefault('0s').describe('The wait between two tries.'),
});

export const config = z
  .strictObject({
    header: z.string().default('Authorization').describe('The header that holds the token.'),
    scheme: z.string().default('Bearer').describe('What stands before the token; nothing where empty.'),
    token: opaque().default('').describe('The token.'),
    tokens: z
      .array(opaque())
      .default([])
      .describe('Several tokens instead of one: a listener takes each of them, an exporter sends the first.'),
    filename: z
      .string()
      .default('')
      .describe(
        'A file with the token, or with one in each line; what follows a blank is a comment. Read again when it changes. Used instead of token.',
      ),
    retry_on_failure: retryOnFailure.prefault({}).describe('What to do when the file is not there at the start.'),
    wait_for_token_file: z
      .boolean()
      .default(false)
      .describe('Start only once the file has been read, or fail when retry_on_failure gives up.'),
  })
  .superRefine((settings, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { token, tokens, filename, retry_on_failure: retry } = settings;
    if (token === '' && tokens.length === 0 && filename === '') {
      refuse(['token'], 'a token is needed: give token, tokens or filename');
    }
    if (token !== '' && tokens.length > 0) refuse(['tokens'], 'give either token or tokens, not both');
    if (retry.enabled) {
      if (filename === '') refuse(['retry_on_failure'], 'retry_on_failure needs a filename');
      if (retry.max_retries < 0) refuse(['retry_on_failure', 'max_retries'], 'must not be negative');
      if (retry.interval <= 0) refuse(['retry_on_failure', 'interval'], 'must be longer than 0');
    }
    if (settings.wait_for_token_file && filename === '') {
      refuse(['wait_for_token_file'], 'wait_for_token_file needs a filename');
    } else if (settings.wait_for_token_file && !retry.enabled) {
      refuse(['wait_for_token_file'], 'wait_for_token_file needs retry_on_failure to be enabled');
    }
  });

export type BearerTokenConfig = z.output<typeof config>;
