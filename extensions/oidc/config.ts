// The configuration of oidc: contrib's keys and rules, with the older form of a single provider.

import { z } from 'zod';
import { deprecated } from '../../pipeline/schema.ts';

const providerShape = {
  issuer_url: z
    .string()
    .default('')
    .describe('The issuer: the iss claim of its tokens, and where its discovery document is.'),
  audience: z.string().default('').describe('What the aud claim of a token has to hold.'),
  ignore_audience: z.boolean().default(false).describe('Take tokens for any audience.'),
  issuer_ca_path: z.string().default('').describe('Path of the CA certificate that verifies the provider, PEM.'),
  username_claim: z.string().default('').describe('The claim with the name of the user; sub where empty.'),
  groups_claim: z.string().default('').describe("The claim with the user's groups."),
};

const provider = z.strictObject({
  ...providerShape,
  ignore_issuer: z.boolean().default(false).describe('Take tokens of any issuer; only with a single provider.'),
  public_keys_file: z
    .string()
    .default('')
    .describe('A file with the JSON Web Key Set; the provider is not asked then. Read again when it changes.'),
});

export type ProviderSettings = z.output<typeof provider>;

const older = (schema: z.ZodString | z.ZodDefault<z.ZodString>) => deprecated(schema, 'use providers.');

export const config = z
  .strictObject({
    attribute: z.string().default('authorization').describe('The header with the token.'),
    issuer_url: older(providerShape.issuer_url),
    audience: older(providerShape.audience),
    ignore_audience: deprecated(providerShape.ignore_audience, 'use providers.'),
    issuer_ca_path: older(providerShape.issuer_ca_path),
    username_claim: older(providerShape.username_claim),
    groups_claim: older(providerShape.groups_claim),
    providers: z.array(provider).default([]).describe('Whose tokens are taken; a token is checked by its issuer.'),
  })
  .superRefine((settings, context) => {
    const providers = providersOf(settings);
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const isOlder = providers.length > settings.providers.length;
    const seen = new Set<string>();
    providers.forEach((one, index) => {
      const path = isOlder ? (index === 0 ? [] : ['providers', index - 1]) : ['providers', index];
      if (one.audience === '' && !one.ignore_audience) {
        refuse([...path, 'audience'], 'say for whom tokens have to be: give audience, or ignore_audience: true');
      }
      if (one.issuer_url === '') refuse([...path, 'issuer_url'], 'the issuer is missing');
      else if (one.public_keys_file === '' && !isHttpUrl(one.issuer_url)) {
        refuse([...path, 'issuer_url'], 'must be an http or https URL');
      }
      if (one.ignore_issuer && providers.length > 1) {
        refuse([...path, 'ignore_issuer'], 'can not be used with several providers');
      }
      if (seen.has(one.issuer_url)) refuse([...path, 'issuer_url'], `${one.issuer_url} is there twice`);
      seen.add(one.issuer_url);
    });
  });

export type OidcConfig = z.output<typeof config>;

/** Those of the list, after the one that the older keys describe. */
export function providersOf(settings: Omit<OidcConfig, 'attribute'>): readonly ProviderSettings[] {
  const { issuer_url, audience, ignore_audience, issuer_ca_path, username_claim, groups_claim, providers } = settings;
  const one = { issuer_url, audience, ignore_audience, issuer_ca_path, username_claim, groups_claim };
  const isGiven = Object.values(one).some((value) => value !== '' && value !== false);
  return isGiven ? [{ ...one, ignore_issuer: false, public_keys_file: '' }, ...providers] : providers;
}

function isHttpUrl(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text);
}
