// Paths of a job that stands in a file of its own: relative to that file, as in Prometheus.

import path from 'node:path';
import type { TlsClientSettings } from '../../pipeline/settings/tls.ts';
import type { DiscoveryConfig } from './discovery/discovery.ts';
import type { HttpSettings, SecretOrFile } from './http-settings.ts';
import type { ScrapeConfig } from './scrape-config.ts';

type Join = (file: string) => string;

/** The job with every relative path of it beginning at `directory`. */
export function inDirectory(job: ScrapeConfig, directory: string): ScrapeConfig {
  const join: Join = (file) => (file === '' || path.isAbsolute(file) ? file : path.join(directory, file));
  return {
    ...job,
    scrapeFailureLogFile: join(job.scrapeFailureLogFile),
    http: httpIn(job.http, join),
    discoveries: job.discoveries.map((discovery) => discoveryIn(discovery, join)),
  };
}

function discoveryIn(discovery: DiscoveryConfig, join: Join): DiscoveryConfig {
  if (discovery.kind === 'file') return { ...discovery, files: discovery.files.map(join) };
  return discovery.kind === 'http' ? { ...discovery, http: httpIn(discovery.http, join) } : discovery;
}

function httpIn(http: HttpSettings, join: Join): HttpSettings {
  const { basicAuth, authorization, oauth2 } = http;
  return {
    ...http,
    ...(basicAuth && {
      basicAuth: { username: secretIn(basicAuth.username, join), password: secretIn(basicAuth.password, join) },
    }),
    ...(authorization && {
      authorization: { ...authorization, credentials: secretIn(authorization.credentials, join) },
    }),
    ...(oauth2 && {
      oauth2: { ...oauth2, clientSecret: secretIn(oauth2.clientSecret, join), tls: tlsIn(oauth2.tls, join) },
    }),
    tls: tlsIn(http.tls, join),
    headers: http.headers.map((header) => ({ ...header, files: header.files.map(join) })),
  };
}

function secretIn(secret: SecretOrFile, join: Join): SecretOrFile {
  return { ...secret, file: join(secret.file) };
}

function tlsIn(tls: TlsClientSettings, join: Join): TlsClientSettings {
  return { ...tls, ca_file: join(tls.ca_file), cert_file: join(tls.cert_file), key_file: join(tls.key_file) };
}
