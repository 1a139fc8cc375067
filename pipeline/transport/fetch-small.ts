// One request for a small document, such as a token or a key set, with the TLS settings and proxies of the other clients.

import { type TlsClientSettings } from '../settings/tls.ts';
import { VERSION } from '../version.ts';
import { HttpClient } from './http-client.ts';
import { Dialer, httpTarget } from './target.ts';

const MAX_BYTES = 1 << 20;

export interface SmallRequest {
  /** `http:` or `https:`. */
  readonly url: URL;
  /** Sent by POST where given, as a form. */
  readonly form?: URLSearchParams;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For an https URL. */
  readonly tls: TlsClientSettings;
  readonly timeoutMs: number;
  /** For messages: `extension:oidc`. */
  readonly component: string;
}

export interface SmallAnswer {
  readonly status: number;
  readonly text: string;
}

/** Fails with an Error that names the host, never with anything of the request. Redirects are not followed. */
export async function fetchSmall(request: SmallRequest): Promise<SmallAnswer> {
  const { url, form, tls, timeoutMs, component } = request;
  const dialer = new Dialer({
    target: httpTarget(url),
    tls: url.protocol === 'https:' ? tls : undefined,
    alpn: 'http/1.1',
    component,
    onChange: () => undefined,
    onFailure: () => undefined,
  });
  const client = new HttpClient({
    connect: dialer.connect,
    authority: url.host,
    headers: { 'user-agent': `genesis-agent/${VERSION}`, accept: 'application/json', ...request.headers },
    maxResponseBytes: MAX_BYTES,
    keepAlive: false,
    maxIdleConnections: 1,
    maxConnections: 1,
    idleTimeoutMs: timeoutMs,
  });
  try {
    await dialer.start();
    const path = url.pathname + url.search;
    const body = form && Buffer.from(form.toString());
    const call = body
      ? client.post(path, [body], body.length, { 'content-type': 'application/x-www-form-urlencoded' })
      : client.get(path, {});
    const timer = setTimeout(() => call.cancel(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      const answer = await call.answer;
      return { status: answer.status, text: Buffer.from(answer.body).toString('utf8') };
    } finally {
      clearTimeout(timer);
    }
  } catch (error) {
    throw new Error(`${url.origin}${url.pathname}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    dialer.close();
    client.close();
  }
}
