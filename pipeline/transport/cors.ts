// Cross-origin requests from web pages (WHATWG Fetch, "HTTP CORS protocol"), with the collector's wildcards.

import type { IncomingHttpHeaders } from 'node:http';
import type { HttpResponse } from './http-server.ts';

export interface CorsSettings {
  readonly allowed_origins: readonly string[];
  readonly allowed_headers: readonly string[];
  readonly exposed_headers: readonly string[];
  readonly max_age: number;
}

/** Headers a page may send without being asked, and those every OTLP client sends. */
const ALWAYS_ALLOWED: ReadonlySet<string> = new Set(['accept', 'content-type', 'x-requested-with']);

export class Cors {
  readonly #settings: CorsSettings;

  constructor(settings: CorsSettings) {
    this.#settings = settings;
  }

  /** The answer to an OPTIONS request that asks for leave; undefined when it is not one. */
  preflight(headers: IncomingHttpHeaders): HttpResponse | undefined {
    if (headers['access-control-request-method'] === undefined || headers.origin === undefined) return undefined;
    const allow = this.headersFor(headers);
    if (!allow) return { status: 204, headers: { vary: 'origin' }, body: '' };
    const asked = (headers['access-control-request-headers'] ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== '');
    const granted = asked.filter((name) => this.#allowsHeader(name));
    return {
      status: 204,
      headers: {
        ...allow,
        'access-control-allow-methods': 'POST',
        ...(granted.length > 0 ? { 'access-control-allow-headers': granted.join(', ') } : {}),
        ...(this.#settings.max_age > 0 ? { 'access-control-max-age': String(this.#settings.max_age) } : {}),
      },
      body: '',
    };
  }

  /** What an answer to this origin carries; undefined when the origin is not allowed or there is none. */
  headersFor(headers: IncomingHttpHeaders): Record<string, string> | undefined {
    const { origin } = headers;
    if (origin === undefined || !this.#allowsOrigin(origin)) return undefined;
    const { allowed_origins: origins, exposed_headers: exposed } = this.#settings;
    return {
      'access-control-allow-origin': origins.includes('*') ? '*' : origin,
      vary: 'origin',
      ...(exposed.length > 0 ? { 'access-control-expose-headers': exposed.join(', ') } : {}),
    };
  }

  #allowsOrigin(origin: string): boolean {
    return this.#settings.allowed_origins.some((pattern) => matches(pattern.toLowerCase(), origin.toLowerCase()));
  }

  #allowsHeader(name: string): boolean {
    if (ALWAYS_ALLOWED.has(name)) return true;
    return this.#settings.allowed_headers.some((pattern) => pattern === '*' || pattern.toLowerCase() === name);
  }
}

/** `*` stands for any characters, once, as in the collector's library (rs/cors). */
function matches(pattern: string, origin: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return pattern === origin;
  const prefix = pattern.slice(0, star);
  const suffix = pattern.slice(star + 1);
  return origin.length >= prefix.length + suffix.length && origin.startsWith(prefix) && origin.endsWith(suffix);
}
