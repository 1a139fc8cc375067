// The routes of the admin port.

import { type AdminRequest, type AdminResponse, json, NOT_FOUND, text } from '../../pipeline/admin-http.ts';
import { type AdminListener, startAdminListener } from '../../pipeline/admin-listener.ts';
import type { Extension, ExtensionContext } from '../../pipeline/component.ts';
import { dropsJson, overview } from './api.ts';
import type { ZpagesConfig } from './config.ts';
import { extensionz, featurez, pipelinez, servicez } from './debug-pages.ts';
import { PAGE, PAGE_HEADERS } from './page.ts';

type Route = (query: URLSearchParams) => AdminResponse | Promise<AdminResponse>;

export class Zpages implements Extension {
  readonly #config: ZpagesConfig;
  readonly #context: ExtensionContext;
  readonly #routes: ReadonlyMap<string, Route>;
  #server: AdminListener | undefined;

  constructor(config: ZpagesConfig, context: ExtensionContext) {
    this.#config = config;
    this.#context = context;
    this.#routes = this.#makeRoutes();
  }

  /** The addresses really bound. */
  get bound(): readonly string[] {
    return this.#server?.bound ?? [];
  }

  async start(): Promise<void> {
    this.#server = await startAdminListener(this.#context, this.#config, {
      handler: (request) => this.#answer(request),
      allowedHosts: this.#config.allowed_hosts,
    });
    this.#context.log.info({ endpoint: this.#server.bound.join(', ') }, 'Admin pages are served.');
  }

  async refresh(): Promise<void> {
    await this.#server?.refresh();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#server?.stop(deadline);
  }

  #answer({ method, path, query }: AdminRequest): AdminResponse | Promise<AdminResponse> {
    if (path === '/reload') return method === 'POST' ? this.#reload() : onlyBy('POST');
    const route = this.#routes.get(path);
    if (!route) return NOT_FOUND;
    return method === 'GET' || method === 'HEAD' ? route(query) : onlyBy('GET');
  }

  async #reload(): Promise<AdminResponse> {
    const result = await this.#context.engine.reload();
    return json(result.applied ? 200 : 422, result);
  }

  #makeRoutes(): ReadonlyMap<string, Route> {
    const { engine, now } = this.#context;
    const routes = new Map<string, Route>([
      ['/', () => ({ status: 200, type: 'text/html; charset=utf-8', body: PAGE, headers: PAGE_HEADERS })],
      ['/api/pipelines', () => json(200, overview(engine, now()))],
      ['/api/figures', async () => json(200, await engine.figures())],
      ['/api/drops', (query) => dropsJson(engine, query)],
      ['/api/errors', () => json(200, engine.recentErrors())],
      ['/api/config', () => ({ status: 200, type: 'application/yaml; charset=utf-8', body: engine.configuration() })],
      ['/debug/servicez', () => servicez(engine)],
      ['/debug/pipelinez', () => pipelinez(engine)],
      ['/debug/extensionz', () => extensionz(engine)],
      ['/debug/featurez', () => featurez(engine)],
      // As in a collector that records no spans of its own.
      ['/debug/tracez', () => text(404, 'The agent records no spans of its own, so there is nothing to show here.\n')],
    ]);
    if (this.#config.expvar.enabled) routes.set('/debug/expvarz', () => json(200, { memstats: process.memoryUsage() }));
    return routes;
  }
}

function onlyBy(method: string): AdminResponse {
  return { ...text(405, `expected ${method}\n`), headers: { allow: method } };
}
