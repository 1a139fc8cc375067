// Texts: configuration with its expansion, OTTL, and what clients say of themselves: passwords, tokens, trace headers.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { registry } from '../../../cmd/registry.ts';
import { config as basicConfig } from '../../../extensions/basicauth/config.ts';
import { parseHtpasswd } from '../../../extensions/basicauth/htpasswd.ts';
import { BasicAuthServer } from '../../../extensions/basicauth/server.ts';
import { config as oidcConfig } from '../../../extensions/oidc/config.ts';
import { Oidc } from '../../../extensions/oidc/oidc.ts';
import { compileStatements } from '../../../ottl/statements.ts';
import { parseCondition } from '../../../ottl/parser.ts';
import { loadConfiguration } from '../../../pipeline/config/load.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import { propagatorOf } from '../../../pipeline/own-telemetry/propagation.ts';
import { Unauthenticated } from '../../../pipeline/transport/authentication.ts';
import { runningContext, START_UNIX_MS } from '../../extensions/running-context.ts';
import { fuzz, type Verdict } from './driver.ts';
import { mutateBytes, mutateText } from './mutate.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'fuzz-'));
after(() => rmSync(folder, { recursive: true }));

const CONFIGURATIONS = [
  `receivers:
  otlp: {protocols: {grpc: {endpoint: "localhost:4317"}, http: null}}
processors:
  resource: &anchor {attributes: [{key: a, action: upsert, value: \${env:A:-1.0}}]}
  batch: {timeout: 5s, metadata_keys: [tenant]}
exporters:
  otlp_http: {endpoint: "http://\${env:HOST}:4318", headers: {x: "$$\${env:A}"}, sending_queue: {queue_size: 10}}
  debug:
service:
  telemetry: {logs: {level: \${env:LEVEL:-info}}}
  pipelines:
    traces: {receivers: [otlp], processors: [resource, batch], exporters: [otlp_http, debug]}
`,
  `receivers: {nop: }
processors:
  filter:
    error_mode: ignore
    traces:
      span:
        - 'attributes["x"] == 1'
        - IsMatch(name, "a.*")
exporters: {nop/1: }
service: {pipelines: {logs/front: {receivers: [nop], processors: [filter], exporters: [nop/1]}}}
`,
  'a: !!binary SGFsbG8=\nb: 0x1F\nc: 2001-12-14t21:59:43.10-05:00\nd: |\n  x\n  y\n<<: *anchor\n? [k]\n: v\n',
];
const CONFIG_WORDS = [
  '${env:A}',
  '${',
  '$',
  '${env:',
  ':-',
  '&a',
  '*a',
  '<<',
  '!!int',
  '- ',
  '| ',
  '? ',
  '---',
  '#',
  '5s',
  '0x7f',
];

void test('configuration', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'configuration',
      make(random) {
        const text = CONFIGURATIONS[random.below(CONFIGURATIONS.length)] ?? '';
        if (random.chance(0.05)) return Buffer.from(text);
        if (random.chance(0.2)) return mutateBytes(Buffer.from(text), random, []);
        return Buffer.from(mutateText(text, random, CONFIG_WORDS, CONFIGURATIONS));
      },
      async try(input) {
        const text = Buffer.from(input).toString();
        const { verdict, errors } = await loadConfiguration({
          uris: ['agent.yaml'],
          env: { A: '1', HOST: '${env:A}', B: text.slice(0, 100) },
          registry,
          readFile: (file) =>
            file === 'agent.yaml' ? Promise.resolve(text) : Promise.reject(new Error('no such file')),
          fetch: () => Promise.reject(new Error('no network')),
        });
        assert.equal(verdict === 'valid', errors.length === 0);
        for (const error of errors) {
          assert.ok(error instanceof AgentError);
          // A message shows what stands there, a few times at most.
          assert.ok(error.toString().length < 2_000 + 4 * text.length, 'a message for people');
        }
        return verdict === 'valid' ? 'accepted' : 'refused';
      },
    },
    10,
  ),
);

const statements = readFileSync(new URL('../../data/ottl-statements/cases.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .flatMap((line) => Object(JSON.parse(line)).statements as string[]);
const OTTL_WORDS = [
  'where',
  'and',
  'or',
  'not',
  'attributes',
  'set',
  'Concat',
  'nil',
  '==',
  '!=',
  '<',
  '+',
  '*',
  '=>',
  '0x0A',
  '$1',
];
const TOOLS = { now: () => START_UNIX_MS, random: () => 0.5 };

void test('OTTL', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'ottl',
      make(random) {
        const text = statements[random.below(statements.length)] ?? '';
        return Buffer.from(random.chance(0.1) ? text : mutateText(text, random, OTTL_WORDS, statements));
      },
      try(input) {
        const text = Buffer.from(input).toString();
        const verdict = refusedBy(AgentError, () => compileStatements([text], 'log', TOOLS));
        refusedBy(AgentError, () => parseCondition(text));
        return verdict;
      },
    },
    10,
  ),
);

function refusedBy(kind: typeof AgentError, run: () => unknown): Verdict {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof kind)) throw error;
    return 'refused';
  }
}

const HTPASSWD = [
  'plain:secret',
  'apache:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/',
  'sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=',
  'ssha:{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQxMjM0',
  'crypt:$6$rounds=1000$saltstring$5jWGz5aL0w0Q1xk1b0Jf0w4y9KzJQhV5n9mL3o8mK1y',
  'bcrypt:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC',
];
const TRACES = [
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-05e3ac9a4f6e3b90',
];
const basic = new BasicAuthServer(
  basicConfig.parse({ htpasswd: { inline: HTPASSWD.join('\n') } }).htpasswd ?? { inline: '', file: '' },
  runningContext('fuzz').context,
);
await basic.start();
after(() => basic.stop());

const { publicKey, privateKey } = await generateKeyPair('ES256');
const keyFile = path.join(folder, 'keys.json');
writeFileSync(keyFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }));
const oidc = new Oidc(
  oidcConfig.parse({
    providers: [{ issuer_url: 'https://issuer', ignore_issuer: true, audience: 'agent', public_keys_file: keyFile }],
  }),
  runningContext('fuzz').context,
);
await oidc.start();
after(() => oidc.stop());
const token = await new SignJWT({ sub: 'ann', aud: 'agent', exp: START_UNIX_MS / 1000 + 600 })
  .setProtectedHeader({ alg: 'ES256' })
  .sign(privateKey);
const AUTHORIZATIONS = [
  `Bearer ${token}`,
  `Basic ${Buffer.from('plain:secret').toString('base64')}`,
  `Basic ${Buffer.from('apache:x').toString('base64')}`,
];
const CREDENTIAL_WORDS = [
  'Basic',
  'Bearer',
  '$apr1$',
  '$6$',
  'rounds=',
  '{SHA}',
  '{SSHA}',
  '$2y$',
  '99999999',
  '=',
  '.',
  '-',
];
const propagators = ['tracecontext', 'b3'].map((name) => propagatorOf([name]));

void test('passwords, tokens and trace headers', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'credentials',
      make(random) {
        const all = [...HTPASSWD, ...AUTHORIZATIONS, ...TRACES];
        const text = all[random.below(all.length)] ?? '';
        if (random.chance(0.05)) return Buffer.from(text);
        return Buffer.from(mutateText(text, random, CREDENTIAL_WORDS, all));
      },
      async try(input) {
        const text = Buffer.from(input).toString();
        const { entries } = parseHtpasswd(text);
        for (const entry of entries.values()) await entry.matches('secret');
        for (const propagator of propagators) {
          propagator.extract({ traceparent: text, tracestate: text, b3: text });
          propagator.extract({ 'x-b3-traceid': text, 'x-b3-spanid': text, 'x-b3-sampled': text });
        }
        const verdicts = await Promise.all([basic, oidc].map((server) => authenticate(server, text)));
        return verdicts.includes('accepted') ? 'accepted' : 'refused';
      },
    },
    8,
  ),
);

async function authenticate(server: BasicAuthServer | Oidc, authorization: string): Promise<Verdict> {
  try {
    await server.authenticate({ authorization });
    return 'accepted';
  } catch (error) {
    if (!(error instanceof Unauthenticated)) throw error;
    return 'refused';
  }
}
