// An admin HTTP server as a component's configuration describes it: the collector's confighttp settings over admin-http.

import { type AdminHandler, type AdminHttp, type AdminHttpOptions, startAdminHttp } from './admin-http.ts';
import type { ComponentContext } from './component.ts';
import { type HttpServerSettings, httpServerKeepAlive } from './settings/http-server.ts';
import { serverAuthenticator } from './transport/authentication.ts';
import { serverMiddleware } from './transport/middleware.ts';
import { loadServerTls, type ServerTlsOptions, TlsReloader } from './transport/tls.ts';

export type AdminListenerSettings = Pick<
  HttpServerSettings,
  | 'endpoint'
  | 'transport'
  | 'tls'
  | 'auth'
  | 'middlewares'
  | 'response_headers'
  | 'read_timeout'
  | 'read_header_timeout'
  | 'write_timeout'
  | 'keepalive'
  | 'idle_timeout'
  | 'keep_alives_enabled'
>;

export interface AdminListener extends AdminHttp {
  /** Reads certificates again. Fails with TLS_MATERIAL, and keeps those in use, where they can not be used. */
  refresh(): Promise<void>;
}

/** Fails with LISTEN_FAILED, TLS_MATERIAL, AUTHENTICATOR_MISSING or MIDDLEWARE_MISSING. */
export async function startAdminListener(
  context: ComponentContext,
  settings: AdminListenerSettings,
  options: { readonly handler: AdminHandler } & Pick<AdminHttpOptions, 'allowedHosts'>,
): Promise<AdminListener> {
  const component = `${context.kind}:${context.id}`;
  const authentication = serverAuthenticator(settings.auth, context);
  const middleware = serverMiddleware(settings.middlewares, context);
  const keepAlive = httpServerKeepAlive(settings, 0);
  const { tls: tlsSettings } = settings;
  const load = tlsSettings && ((): Promise<ServerTlsOptions> => loadServerTls(tlsSettings, component, context.log));
  const tls = await load?.();
  const server = await startAdminHttp({
    component,
    listeners: context.listeners,
    address: { endpoint: settings.endpoint, transport: settings.transport },
    handler: options.handler,
    onError: (error) => context.log.error({ error }, 'A request to this server failed.'),
    ...(options.allowedHosts ? { allowedHosts: options.allowedHosts } : {}),
    ...(tls ? { tls } : {}),
    ...(authentication ? { authentication } : {}),
    ...(middleware ? { middleware } : {}),
    responseHeaders: Object.fromEntries(settings.response_headers.map(({ name, value }) => [name, value])),
    readTimeoutMs: settings.read_timeout,
    readHeaderTimeoutMs: settings.read_header_timeout,
    writeTimeoutMs: settings.write_timeout,
    idleTimeoutMs: keepAlive.idleTimeoutMs,
    keepAlive: keepAlive.enabled,
  });
  const reloader =
    load &&
    tls &&
    new TlsReloader(tls, tlsSettings.reload_interval, load, {
      changed: (fresh) => server.setSecureContext(fresh),
      failed: (error) => context.log.error({ error }, 'Reading the TLS files again failed.'),
    });
  return {
    ...server,
    refresh: async () => reloader?.refresh(),
    async stop(deadline): Promise<void> {
      reloader?.close();
      await server.stop(deadline);
    },
  };
}
