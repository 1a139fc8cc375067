// An admin HTTP server as a component's configuration describes it: the collector's confighttp settings over admin-http.

import { type AdminHandler, type AdminHttp, type AdminHttpOptions, startAdminHttp } from './admin-http.ts';
import type { ComponentContext } from './component.ts';
import { type HttpServerSettings, httpServerKeepAlive } from './settings/http-server.ts';
import { serverAuthenticator } from './transport/authentication.ts';
import { loadServerTls } from './transport/tls.ts';

export type AdminListenerSettings = Pick<
  HttpServerSettings,
  | 'endpoint'
  | 'transport'
  | 'tls'
  | 'auth'
  | 'response_headers'
  | 'read_timeout'
  | 'read_header_timeout'
  | 'keepalive'
  | 'idle_timeout'
  | 'keep_alives_enabled'
>;

/** Fails with LISTEN_FAILED, TLS_MATERIAL or AUTHENTICATOR_MISSING. */
export async function startAdminListener(
  context: ComponentContext,
  settings: AdminListenerSettings,
  options: { readonly handler: AdminHandler } & Pick<AdminHttpOptions, 'allowedHosts'>,
): Promise<AdminHttp> {
  const component = `${context.kind}:${context.id}`;
  const check = serverAuthenticator(settings.auth?.authenticator, context);
  const keepAlive = httpServerKeepAlive(settings, 0);
  return startAdminHttp({
    component,
    listeners: context.listeners,
    address: { endpoint: settings.endpoint, transport: settings.transport },
    handler: options.handler,
    onError: (error) => context.log.error({ error }, 'A request to this server failed.'),
    ...(options.allowedHosts ? { allowedHosts: options.allowedHosts } : {}),
    ...(settings.tls ? { tls: await loadServerTls(settings.tls, component) } : {}),
    ...(check ? { authenticate: (headers) => check(headers, (reason) => new Error(reason)) } : {}),
    responseHeaders: Object.fromEntries(settings.response_headers.map(({ name, value }) => [name, value])),
    readTimeoutMs: settings.read_timeout,
    readHeaderTimeoutMs: settings.read_header_timeout,
    idleTimeoutMs: keepAlive.idleTimeoutMs,
    keepAlive: keepAlive.enabled,
  });
}
