// Certificates and TLS settings for every listener and client: read from files or inline, checked at start with a clear
// word about which file is wrong, and read again when they change.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import tls, { type SecureContextOptions } from 'node:tls';
import { AgentError } from '../errors.ts';
import type { ComponentLogger } from '../telemetry.ts';
import { sameSpelling, type NamedClients } from './client-certificate.ts';
import { TLS_VERSIONS, type TlsClientSettings, type TlsServerSettings } from '../settings/tls.ts';

/** What node:tls takes for a listener. */
export type ServerTlsOptions = SecureContextOptions & {
  requestCert?: boolean;
  rejectUnauthorized?: boolean;
  /** Which verified clients may come in; all where absent. Not of node:tls: see client-certificate.ts. */
  named?: NamedClients;
};

/** What node:tls takes for a client. */
export type ClientTlsOptions = SecureContextOptions & { rejectUnauthorized: boolean; servername?: string };

type Common = Pick<
  TlsServerSettings,
  | 'ca_file'
  | 'ca_pem'
  | 'cert_file'
  | 'cert_pem'
  | 'key_file'
  | 'key_pem'
  | 'include_system_ca_certs_pool'
  | 'min_version'
  | 'max_version'
  | 'cipher_suites'
  | 'curve_preferences'
>;

/** Go's curve names as OpenSSL has them. */
const CURVES: Readonly<Record<string, string>> = { P256: 'P-256', P384: 'P-384', P521: 'P-521' };

/** Reads everything the settings of a listener name. Fails with an AgentError that names the file. */
export async function loadServerTls(
  settings: TlsServerSettings,
  component: string,
  log?: ComponentLogger,
): Promise<ServerTlsOptions> {
  const options: ServerTlsOptions = await loadCommon(settings, component);
  if (settings.client_ca_file !== '') {
    options.ca = await read(settings.client_ca_file, 'client_ca_file', component);
    options.requestCert = true;
    options.rejectUnauthorized = true;
    if (settings.client_allowed_sans.length > 0) {
      options.named = {
        allowed: new Set(settings.client_allowed_sans.map(sameSpelling)),
        refused: (subject) => log?.warn({ subject }, 'A client with a certificate of another name was refused'),
      };
    }
  } else delete options.ca;
  check(options, component, filesOf(settings));
  return options;
}

/** Reads everything the settings of a client name. Fails with an AgentError that names the file. */
export async function loadClientTls(settings: TlsClientSettings, component: string): Promise<ClientTlsOptions> {
  const options: ClientTlsOptions = {
    ...(await loadCommon(settings, component)),
    rejectUnauthorized: !settings.insecure_skip_verify,
  };
  if (settings.server_name_override !== '') options.servername = settings.server_name_override;
  check(options, component, filesOf(settings));
  return options;
}

async function loadCommon(settings: Common, component: string): Promise<SecureContextOptions> {
  const options: SecureContextOptions = {
    minVersion: TLS_VERSIONS[settings.min_version || '1.2'],
  };
  if (settings.max_version !== '') options.maxVersion = TLS_VERSIONS[settings.max_version];
  const cert = await given(settings.cert_pem, settings.cert_file, 'cert_file', component);
  const key = await given(settings.key_pem, settings.key_file, 'key_file', component);
  const ca = await given(settings.ca_pem, settings.ca_file, 'ca_file', component);
  if (cert !== undefined) options.cert = cert;
  if (key !== undefined) options.key = key;
  if (ca !== undefined) {
    options.ca = settings.include_system_ca_certs_pool ? [...tls.getCACertificates('system'), ca.toString()] : ca;
  }
  if (settings.cipher_suites.length > 0) options.ciphers = settings.cipher_suites.map(opensslCipher).join(':');
  if (settings.curve_preferences.length > 0) {
    options.ecdhCurve = settings.curve_preferences.map((curve) => CURVES[curve] ?? curve).join(':');
  }
  return options;
}

async function given(pem: string, file: string, key: string, component: string): Promise<string | Buffer | undefined> {
  if (pem !== '') return pem;
  return file === '' ? undefined : read(file, key, component);
}

async function read(file: string, key: string, component: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // node:fs rejects with ErrnoExceptions
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'this process may not read it' : String(code);
    throw new AgentError('TLS_MATERIAL', `can not read tls::${key} ${file}: ${reason}`, {
      component,
      cause: error,
      mend:
        code === 'EACCES'
          ? `let the agent's user read it: setfacl -m u:genesis-agent:r ${file}`
          : `correct tls::${key}`,
    });
  }
}

/** The files that the settings name; material given in place has no file. */
function filesOf(settings: Common & { readonly client_ca_file?: string }): readonly string[] {
  const named = [settings.cert_file, settings.key_file, settings.ca_file, settings.client_ca_file ?? ''];
  const files = [...new Set(named)].filter((file) => file !== '');
  return files.length > 0 ? files : ['given in the configuration'];
}

/** Certificate, key and CA belong together and are readable as PEM. */
function check(options: SecureContextOptions, component: string, files: readonly string[]): void {
  try {
    tls.createSecureContext(options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new AgentError('TLS_MATERIAL', `the TLS files can not be used: ${files.join(', ')}: ${message}`, {
      component,
      cause: error,
      mend: 'check that cert_file and key_file are PEM and belong together: openssl x509 -noout -pubkey -in CERT; openssl pkey -pubout -in KEY',
    });
  }
}

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` as OpenSSL has it: `ECDHE-RSA-AES128-GCM-SHA256`. */
function opensslCipher(iana: string): string {
  const match = /^TLS_(?:(\w+?)_)?WITH_(\w+)$/.exec(iana);
  if (!match) return iana;
  const exchange = (match[1] ?? '').replaceAll('_', '-').replace(/^RSA$/, '');
  const cipher = (match[2] ?? '')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20-POLY1305')
    .replace('_CBC_', '-')
    .replaceAll('_', '-');
  return exchange ? `${exchange}-${cipher}` : cipher;
}

/** Reads TLS files again: every `intervalMs`, and when asked to. Tells only of real changes. */
export class TlsReloader<Options extends SecureContextOptions> {
  readonly #load: () => Promise<Options>;
  readonly #changed: (options: Options) => void;
  readonly #failed: (error: unknown) => void;
  #digest: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    current: Options,
    intervalMs: number,
    load: () => Promise<Options>,
    events: { changed: (options: Options) => void; failed: (error: unknown) => void },
  ) {
    this.#load = load;
    this.#changed = events.changed;
    this.#failed = events.failed;
    this.#digest = digestOf(current);
    if (intervalMs > 0) {
      this.#timer = setInterval(() => {
        this.refresh().catch(this.#failed);
      }, intervalMs).unref();
    }
  }

  /** Fails, and keeps what is in use, when the files are unreadable or do not fit together. */
  async refresh(): Promise<void> {
    const options = await this.#load();
    const digest = digestOf(options);
    if (digest === this.#digest) return;
    this.#digest = digest;
    this.#changed(options);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function digestOf(options: SecureContextOptions): string {
  const hash = createHash('sha256');
  for (const part of [options.cert, options.key, options.ca]) hash.update(JSON.stringify(part ?? null));
  return hash.digest('base64');
}
