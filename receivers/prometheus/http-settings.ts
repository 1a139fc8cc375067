// The HTTP client settings of Prometheus (prometheus/common HTTPClientConfig v0.71): how scrapes and http_sd authenticate,
// which certificates and proxies they use. Their keys stand beside the other keys of a job.

import { z } from 'zod';
import { tlsClientSettings, type TlsClientSettings } from '../../pipeline/settings/tls.ts';
import { flag, refused, section, secret, text, textMap, texts } from './yaml-values.ts';

/** A secret that stands in the configuration or in a file, which is read again for every request. Both empty: none. */
export interface SecretOrFile {
  readonly value: string;
  readonly file: string;
}

export interface ProxySettings {
  /** Empty: none. */
  readonly url: string;
  /** Hosts that are reached directly, separated by commas. */
  readonly noProxy: string;
  /** The proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. */
  readonly fromEnvironment: boolean;
  /** Headers of CONNECT requests; secrets. */
  readonly connectHeaders: ReadonlyMap<string, readonly string[]>;
}

export interface OAuth2Settings {
  readonly clientId: string;
  readonly clientSecret: SecretOrFile;
  readonly scopes: readonly string[];
  readonly tokenUrl: string;
  readonly endpointParams: ReadonlyMap<string, string>;
  readonly tls: TlsClientSettings;
  readonly proxy: ProxySettings;
}

export interface HttpHeader {
  readonly name: string;
  readonly values: readonly string[];
  readonly secrets: readonly string[];
  /** Files whose content, without blanks around it, is a value. */
  readonly files: readonly string[];
}

/** At most one of `basicAuth`, `authorization` and `oauth2` is there. */
export interface HttpSettings {
  readonly basicAuth?: { readonly username: SecretOrFile; readonly password: SecretOrFile };
  /** The header `Authorization: <type> <credentials>`. */
  readonly authorization?: { readonly type: string; readonly credentials: SecretOrFile };
  readonly oauth2?: OAuth2Settings;
  readonly tls: TlsClientSettings;
  readonly proxy: ProxySettings;
  readonly followRedirects: boolean;
  readonly enableHttp2: boolean;
  readonly headers: readonly HttpHeader[];
}

const TLS_VERSION = z
  .enum(['', 'TLS10', 'TLS11', 'TLS12', 'TLS13'])
  .nullable()
  .transform((value) => value ?? '');

const NO_SECRET_MANAGER = 'Refused where it is written: there is no secret manager; give the value itself or a file.';

function reference() {
  return text()
    .refine((name) => name === '', 'there is no secret manager here; give the value itself or a file')
    .prefault('')
    .describe(NO_SECRET_MANAGER);
}

const tlsConfig = z
  .strictObject({
    ca: text().prefault('').describe('The CA certificates that verify the other side, PEM.'),
    ca_file: text().prefault('').describe('The path of those certificates.'),
    ca_ref: reference(),
    cert: text().prefault('').describe('The own certificate, PEM.'),
    cert_file: text().prefault('').describe('The path of that certificate.'),
    cert_ref: reference(),
    key: secret().prefault('').describe('The key of the own certificate, PEM.'),
    key_file: text().prefault('').describe('The path of that key.'),
    key_ref: reference(),
    server_name: text().prefault('').describe('The name to ask for and to verify, where it is not that of the target.'),
    insecure_skip_verify: flag().prefault(false).describe('Do not verify the certificate of the other side.'),
    min_version: TLS_VERSION.prefault('').describe('The lowest TLS version; TLS12 where empty.'),
    max_version: TLS_VERSION.prefault('').describe('The highest TLS version; the highest known where empty.'),
  })
  .superRefine((tls, context) => {
    const refuse = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
    for (const part of ['ca', 'cert', 'key'] as const) {
      if (tls[part] !== '' && tls[`${part}_file`] !== '') {
        refuse(`${part}_file`, `give at most one of ${part} and ${part}_file`);
      }
    }
    if (tls.max_version !== '' && tls.max_version < (tls.min_version || 'TLS12')) {
      refuse('max_version', `${tls.max_version} is below the lowest version, ${tls.min_version || 'TLS12'}`);
    }
    const hasCert = tls.cert !== '' || tls.cert_file !== '';
    const hasKey = tls.key !== '' || tls.key_file !== '';
    if (hasCert && !hasKey)
      refuse('key_file', 'a client certificate needs its key: give exactly one of key and key_file');
    if (hasKey && !hasCert)
      refuse('cert_file', 'a client key needs its certificate: give exactly one of cert and cert_file');
  });

const proxyShape = {
  proxy_url: text().prefault('').describe('The proxy through which requests go.'),
  no_proxy: text()
    .prefault('')
    .describe('Hosts, addresses and domains that are reached without it, separated by commas.'),
  proxy_from_environment: flag()
    .prefault(false)
    .describe('Use the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name.'),
  proxy_connect_header: z
    .preprocess((value) => (value === null ? {} : value), z.record(z.string(), z.array(secret())))
    .prefault({})
    .describe('Headers sent to the proxy with CONNECT.'),
};

const NO_JWT_BEARER = 'it belongs to the grant type jwt-bearer, which is not built here; only client_credentials is';

const oauth2 = z.strictObject({
  client_id: text().prefault('').describe('The client id.'),
  client_secret: secret().prefault('').describe('The client secret.'),
  client_secret_file: text().prefault('').describe('The path of the client secret.'),
  client_secret_ref: reference(),
  grant_type: z
    .enum(['', 'client_credentials'], 'only the grant type client_credentials is built here')
    .prefault('')
    .describe('client_credentials, the only one that is built here.'),
  client_certificate_key_id: refused(NO_JWT_BEARER),
  client_certificate_key: refused(NO_JWT_BEARER),
  client_certificate_key_file: refused(NO_JWT_BEARER),
  client_certificate_key_ref: refused(NO_JWT_BEARER),
  signature_algorithm: refused(NO_JWT_BEARER),
  iss: refused(NO_JWT_BEARER),
  audience: refused(NO_JWT_BEARER),
  claims: refused(NO_JWT_BEARER),
  scopes: texts().prefault([]).describe('The scopes asked for.'),
  token_url: text().prefault('').describe('Where the token is fetched.'),
  endpoint_params: textMap().prefault({}).describe('Further parameters of the token request.'),
  tls_config: section(tlsConfig).prefault({}).describe('TLS towards token_url.'),
  ...proxyShape,
});

const header = z.strictObject({
  values: texts().prefault([]).describe('Values.'),
  secrets: z
    .preprocess((value) => (value === null ? [] : value), z.array(secret()))
    .prefault([])
    .describe('Values that are never printed.'),
  files: texts().prefault([]).describe('Paths of files that hold a value each.'),
});

/** A section that is a pointer in Prometheus: a bare key is the same as none. */
function pointer<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (value === null ? undefined : value), schema.optional()).optional();
}

/** The keys of an HTTP client. Use it with `checkHttp`. */
export const httpShape = {
  basic_auth: pointer(
    z.strictObject({
      username: text().prefault('').describe('The user name.'),
      username_file: text().prefault('').describe('The path of the user name.'),
      username_ref: reference(),
      password: secret().prefault('').describe('The password.'),
      password_file: text().prefault('').describe('The path of the password.'),
      password_ref: reference(),
    }),
  ).describe('Basic authentication.'),
  authorization: pointer(
    z.strictObject({
      type: text().prefault('').describe('The scheme of the Authorization header; Bearer where empty.'),
      credentials: secret().prefault('').describe('What stands behind it.'),
      credentials_file: text().prefault('').describe('The path of the credentials.'),
      credentials_ref: reference(),
    }),
  ).describe('The Authorization header.'),
  oauth2: pointer(oauth2).describe('OAuth 2.0 client credentials.'),
  bearer_token: secret().prefault('').describe('The older form of authorization.credentials.'),
  bearer_token_file: text().prefault('').describe('The older form of authorization.credentials_file.'),
  tls_config: section(tlsConfig).prefault({}).describe('TLS.'),
  follow_redirects: flag().prefault(true).describe('Follow redirections.'),
  enable_http2: flag().prefault(true).describe('Accepted, without effect: requests are HTTP/1.1.'),
  ...proxyShape,
  http_headers: pointer(z.record(z.string(), header)).describe('Headers sent with every request.'),
};

export type HttpKeys = z.output<z.ZodObject<typeof httpShape>>;

/** Headers that carry the request itself, or that Prometheus sets. */
const RESERVED_HEADERS = new Set([
  'authorization',
  'host',
  'content-encoding',
  'content-length',
  'content-type',
  'user-agent',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'www-authenticate',
  'accept-encoding',
  'x-prometheus-remote-write-version',
  'x-prometheus-remote-read-version',
  'x-prometheus-scrape-timeout-seconds',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
]);

/** Whether a header belongs to the request itself, so that it can not be set. */
export function isReservedHeader(name: string): boolean {
  return RESERVED_HEADERS.has(name.toLowerCase());
}

type Refuse = (path: readonly string[], message: string) => void;

/** Refuses keys that exclude each other. */
export function checkHttp(keys: HttpKeys, context: z.RefinementCtx): void {
  const refuse: Refuse = (path, message) => context.addIssue({ code: 'custom', path: [...path], message });
  checkAuthentication(keys, refuse);
  checkProxy(keys, [], refuse);
  if (keys.oauth2) checkProxy(keys.oauth2, ['oauth2'], refuse);
  for (const name of Object.keys(keys.http_headers ?? {})) {
    if (isReservedHeader(name)) {
      refuse(['http_headers', name], `the header ${name} can not be set; it belongs to the request itself`);
    }
  }
}

function checkAuthentication(keys: HttpKeys, refuse: Refuse): void {
  const bearer =
    keys.bearer_token !== '' ? 'bearer_token' : keys.bearer_token_file !== '' ? 'bearer_token_file' : undefined;
  if (keys.bearer_token !== '' && keys.bearer_token_file !== '') {
    refuse(['bearer_token_file'], 'give at most one of bearer_token and bearer_token_file');
  }
  const ways = [
    ...(keys.basic_auth ? ['basic_auth'] : []),
    ...(keys.authorization ? ['authorization'] : []),
    ...(keys.oauth2 ? ['oauth2'] : []),
    ...(bearer === undefined ? [] : [bearer]),
  ];
  const [first, second] = ways;
  if (first !== undefined && second !== undefined) {
    refuse([second], `give at most one of basic_auth, authorization, oauth2 and bearer_token; ${first} is there too`);
  }
  const { basic_auth: basic, authorization, oauth2: token } = keys;
  if (basic && basic.username !== '' && basic.username_file !== '') {
    refuse(['basic_auth', 'username_file'], 'give at most one of username and username_file');
  }
  if (basic && basic.password !== '' && basic.password_file !== '') {
    refuse(['basic_auth', 'password_file'], 'give at most one of password and password_file');
  }
  if (authorization) {
    if (authorization.credentials !== '' && authorization.credentials_file !== '') {
      refuse(['authorization', 'credentials_file'], 'give at most one of credentials and credentials_file');
    }
    if (authorization.type.trim().toLowerCase() === 'basic') {
      refuse(['authorization', 'type'], 'the type can not be basic; use the section basic_auth');
    }
  }
  if (token) {
    if (token.client_id === '') refuse(['oauth2', 'client_id'], 'client_id has to be given');
    if (token.token_url === '') refuse(['oauth2', 'token_url'], 'token_url has to be given');
    if (token.client_secret !== '' && token.client_secret_file !== '') {
      refuse(['oauth2', 'client_secret_file'], 'give at most one of client_secret and client_secret_file');
    }
  }
}

type ProxyKeys = z.output<z.ZodObject<typeof proxyShape>>;

function checkProxy(keys: ProxyKeys, prefix: readonly string[], refuse: Refuse): void {
  const hasUrl = keys.proxy_url !== '';
  if (Object.keys(keys.proxy_connect_header).length > 0 && !hasUrl && !keys.proxy_from_environment) {
    refuse([...prefix, 'proxy_connect_header'], 'this needs proxy_url or proxy_from_environment');
  }
  if (keys.proxy_from_environment && hasUrl) {
    refuse([...prefix, 'proxy_url'], 'give either proxy_url or proxy_from_environment');
  }
  if (keys.no_proxy !== '' && (keys.proxy_from_environment || !hasUrl)) {
    refuse([...prefix, 'no_proxy'], 'this goes with proxy_url only; proxy_from_environment reads NO_PROXY');
  }
  if (hasUrl && !URL.canParse(keys.proxy_url)) {
    refuse([...prefix, 'proxy_url'], 'expected a URL, such as http://proxy:3128');
  }
}

/** The settings as they are used. `keys` passed `checkHttp`. */
export function httpSettings(keys: HttpKeys): HttpSettings {
  const { basic_auth: basic, authorization, oauth2: token } = keys;
  const bearer = authorization ?? bearerOf(keys);
  return {
    ...(basic && {
      basicAuth: {
        username: { value: basic.username, file: basic.username_file },
        password: { value: basic.password, file: basic.password_file },
      },
    }),
    ...(bearer && {
      authorization: {
        type: bearer.type.trim() || 'Bearer',
        credentials: { value: bearer.credentials, file: bearer.credentials_file },
      },
    }),
    ...(token && {
      oauth2: {
        clientId: token.client_id,
        clientSecret: { value: token.client_secret, file: token.client_secret_file },
        scopes: token.scopes,
        tokenUrl: token.token_url,
        endpointParams: new Map(Object.entries(token.endpoint_params)),
        tls: tlsOf(token.tls_config),
        proxy: proxyOf(token),
      },
    }),
    tls: tlsOf(keys.tls_config),
    proxy: proxyOf(keys),
    followRedirects: keys.follow_redirects,
    enableHttp2: keys.enable_http2,
    headers: Object.entries(keys.http_headers ?? {}).map(([name, values]) => ({ name, ...values })),
  };
}

function bearerOf(keys: HttpKeys): { type: string; credentials: string; credentials_file: string } | undefined {
  if (keys.bearer_token === '' && keys.bearer_token_file === '') return undefined;
  return { type: 'Bearer', credentials: keys.bearer_token, credentials_file: keys.bearer_token_file };
}

function proxyOf(keys: ProxyKeys): ProxySettings {
  return {
    url: keys.proxy_url,
    noProxy: keys.no_proxy,
    fromEnvironment: keys.proxy_from_environment,
    connectHeaders: new Map(Object.entries(keys.proxy_connect_header)),
  };
}

const VERSIONS = { '': '', TLS10: '1.0', TLS11: '1.1', TLS12: '1.2', TLS13: '1.3' } as const;

function tlsOf(tls: z.output<typeof tlsConfig>): TlsClientSettings {
  return tlsClientSettings.parse({
    ca_pem: tls.ca,
    ca_file: tls.ca_file,
    cert_pem: tls.cert,
    cert_file: tls.cert_file,
    key_pem: tls.key,
    key_file: tls.key_file,
    server_name_override: tls.server_name,
    insecure_skip_verify: tls.insecure_skip_verify,
    min_version: VERSIONS[tls.min_version],
    max_version: VERSIONS[tls.max_version],
  });
}
