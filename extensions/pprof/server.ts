// The profiles over HTTP, at the paths Go's pprof has.

import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminRequest, type AdminResponse, NOT_FOUND, text } from '../../pipeline/admin-http.ts';
import { type AdminListener, type AdminListenerSettings, startAdminListener } from '../../pipeline/admin-listener.ts';
import type { Extension, ExtensionContext } from '../../pipeline/component.ts';
import type { PprofConfig } from './config.ts';
import type { StopProfile } from './profiler.ts';

const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 600;

/** What contrib's keys do not say about the listener. */
const PLAIN_LISTENER: Omit<AdminListenerSettings, 'endpoint'> = {
  transport: 'tcp',
  middlewares: [],
  response_headers: [],
  read_timeout: 0,
  read_header_timeout: 0,
  // A profile takes its time; how long a client may read it is bounded all the same.
  write_timeout: 0,
  keep_alives_enabled: true,
};

const INDEX = `/debug/pprof/profile?seconds=30  CPU, a .cpuprofile
/debug/pprof/heap?seconds=30     what is allocated in that time and kept, a .heapprofile

Open them in the browser's developer tools or in an editor. Go's other profiles do not exist here.
`;

export class Pprof implements Extension {
  readonly #config: PprofConfig;
  readonly #context: ExtensionContext;
  readonly #stopping = new AbortController();
  #server: AdminListener | undefined;
  #isProfiling = false;
  #wholeRun: StopProfile | undefined;

  constructor(config: PprofConfig, context: ExtensionContext) {
    this.#config = config;
    this.#context = context;
  }

  /** The addresses really bound. */
  get bound(): readonly string[] {
    return this.#server?.bound ?? [];
  }

  async start(): Promise<void> {
    const { endpoint, auth, tls } = this.#config;
    this.#server = await startAdminListener(
      this.#context,
      { ...PLAIN_LISTENER, endpoint, auth: auth && { ...auth, request_params: [] }, tls },
      {
        handler: (request) => this.#answer(request),
        // A profile costs CPU and tells about the program: pages of other sites must not ask for one.
        allowedHosts: [],
      },
    );
    this.#context.log.info(
      { endpoint: this.#server.bound.join(', ') },
      "Profiles are served in V8's formats; Go profiles do not exist here.",
    );
    if (this.#config.save_to_file === '') return;
    const { startCpuProfile } = await import('./profiler.ts');
    this.#isProfiling = true;
    this.#wholeRun = await startCpuProfile();
  }

  async refresh(): Promise<void> {
    await this.#server?.refresh();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort();
    await this.#server?.stop(deadline);
    const { save_to_file: path } = this.#config;
    if (!this.#wholeRun) return;
    try {
      await writeFile(path, await this.#wholeRun());
    } catch (error) {
      this.#context.log.error({ error, path }, 'The profile could not be written.');
    }
  }

  async #answer({ method, path, query }: AdminRequest): Promise<AdminResponse> {
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'expected GET\n');
    if (path === '/debug/pprof' || path === '/debug/pprof/') return text(200, INDEX);
    if (path !== '/debug/pprof/profile' && path !== '/debug/pprof/heap') return NOT_FOUND;
    const seconds = Number(query.get('seconds') ?? DEFAULT_SECONDS);
    if (!(seconds > 0 && seconds <= MAX_SECONDS))
      return text(400, `seconds must be above 0 and at most ${MAX_SECONDS}\n`);
    if (this.#isProfiling) return text(503, 'a profile is being taken already\n');
    this.#isProfiling = true;
    try {
      return await this.#profile(path.endsWith('heap') ? 'heap' : 'cpu', seconds);
    } finally {
      this.#isProfiling = false;
    }
  }

  async #profile(what: 'cpu' | 'heap', seconds: number): Promise<AdminResponse> {
    const { startCpuProfile, startHeapProfile } = await import('./profiler.ts');
    const finish = await (what === 'cpu' ? startCpuProfile() : startHeapProfile());
    // Stopping the agent ends the profile early; what there is of it is answered.
    await sleep(seconds * 1000, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    return {
      status: 200,
      type: 'application/json',
      body: await finish(),
      headers: { 'content-disposition': `attachment; filename="genesis-agent.${what}profile"` },
    };
  }
}
