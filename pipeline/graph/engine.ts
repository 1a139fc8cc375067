// The engine: builds the graph, starts it against the flow, stops it with the flow, and exchanges parts of it while
// data keeps flowing.

import type {
  Component,
  ComponentKind,
  Extension,
  ExtensionContext,
  ExtensionDeclaration,
  EngineView,
  PipelineState,
} from '../component.ts';
import type { AgentConfiguration, ConfiguredComponent } from '../config/configuration.ts';
import type { Consumer } from '../delivery.ts';
import { AgentError } from '../errors.ts';
import { FanOut, Junction, type Branch } from '../junction.ts';
import type { SharedListenerPool } from '../listener-pool.ts';
import type { ComponentLogger } from '../telemetry.ts';
import { extensionOrder } from './extension-order.ts';
import { planGraph, type GraphPlan, type PlannedPipeline } from './plan.ts';
import { contextFor, makeNode, type EngineServices, type ReleasableMetrics, type RunningNode } from './running.ts';
import { signatureOf } from './signature.ts';
import { StatusBoard } from './status.ts';

/** Between one and two of these is what data without a caller has left to reach its destination when the agent stops. */
const UNACKNOWLEDGED_ROUND_MS = 500;

interface RunningExtension {
  readonly key: string;
  readonly signature: string;
  readonly component: Extension;
  readonly metrics: ReleasableMetrics;
}

export interface EngineOptions {
  readonly services: EngineServices & { readonly listeners: SharedListenerPool };
  /** What extensions may ask; the engine's own part is completed by whoever owns the process. */
  readonly view: (engine: Engine) => EngineView;
  /** A component failed for good after start: the agent should stop. */
  readonly onFatal: (component: string, reason: string) => void;
  /** How long a reload waits for replaced components to drain, in ms. */
  readonly drainTimeoutMs: number;
}

/** A change that is ready: everything new runs, and nothing feeds it yet. One of the two is called, once. */
export interface Exchange {
  commit(): Promise<AppliedChange>;
  abort(): Promise<void>;
}

interface StartedExtensions {
  readonly all: Map<string, RunningExtension>;
  readonly started: readonly RunningExtension[];
}

interface Candidate {
  readonly plan: GraphPlan;
  readonly nodes: Map<string, RunningNode>;
  readonly made: readonly RunningNode[];
  readonly extensions: Map<string, RunningExtension>;
}

export interface AppliedChange {
  readonly kept: number;
  readonly started: readonly string[];
  readonly stopped: readonly string[];
}

export class Engine {
  readonly status: StatusBoard;
  readonly #options: EngineOptions;
  #plan: GraphPlan = { nodes: [], pipelines: [] };
  #nodes = new Map<string, RunningNode>();
  #extensions = new Map<string, RunningExtension>();
  readonly #heads = new Map<string, Junction>();
  readonly #view: EngineView;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.status = new StatusBoard(options.services.now);
    this.status.listen((state) => {
      if (state.status === 'FatalError') options.onFatal(state.component, state.reason ?? 'no reason given');
    });
    this.#view = options.view(this);
  }

  pipelines(): readonly PipelineState[] {
    return this.#plan.pipelines.map(({ id, signal, receivers, processors, exporters }) => ({
      id,
      signal,
      receivers,
      processors: processors.map((key) => key.split('@')[0] ?? key),
      exporters,
    }));
  }

  /** A running extension by id; undefined when there is none. */
  extension(id: string): unknown {
    return this.#extensions.get(`extension:${id}`)?.component;
  }

  /** The running nodes, for the live view. */
  nodes(): readonly RunningNode[] {
    return [...this.#nodes.values()];
  }

  /** Starts everything, or nothing: what was started before a failure is stopped again. */
  async start(configuration: AgentConfiguration): Promise<void> {
    await this.apply(configuration);
  }

  /**
   * Makes the running graph that of `configuration`. Instances whose configuration is the same are kept; new ones start
   * before old ones stop, so nothing is refused meanwhile. On failure the graph is as before, and the error says why.
   */
  async apply(configuration: AgentConfiguration): Promise<AppliedChange> {
    const exchange = await this.prepare(configuration);
    return exchange.commit();
  }

  /**
   * The part of `apply` that can fail: what is new is started beside what runs. Data still takes the old ways, until
   * `commit`; `abort` stops the new parts again. Fails with AgentError, and nothing has changed then.
   */
  async prepare(configuration: AgentConfiguration): Promise<Exchange> {
    const plan = planGraph(configuration);
    const { listeners } = this.#options.services;
    const kept = this.#keptComponents(configuration, plan);
    // Names that never were a component's (the metrics endpoint of the agent itself) are not replaced either.
    const running = new Set([...this.#nodes.keys(), ...this.#extensions.keys()]);
    listeners.beginReload((component) => running.has(component) && !kept.has(component));
    const made: RunningNode[] = [];
    const newHeads: string[] = [];
    const started: RunningNode[] = [];
    let extensions: StartedExtensions = { all: new Map(), started: [] };
    const abort = async (): Promise<void> => {
      const given = AbortSignal.timeout(this.#options.drainTimeoutMs);
      await this.#stopNodes(started.toReversed(), given, { restore: true });
      for (const extension of extensions.started.toReversed()) await this.#stopExtension(extension, given);
      for (const id of newHeads) this.#heads.delete(id);
      await listeners.endReload();
    };
    try {
      extensions = await this.#startExtensions(configuration);
      const nodes = this.#makeNodes(plan, extensions.all, made, newHeads);
      for (const node of made.toReversed()) {
        started.push(node);
        await this.#startNode(node);
      }
      return {
        commit: () => this.#commit({ plan, nodes, made, extensions: extensions.all }),
        abort,
      };
    } catch (error) {
      await abort();
      throw error;
    }
  }

  /** Receivers first, exporters last, each after what is inside has gone on; then the extensions. */
  async stop(deadline: AbortSignal): Promise<void> {
    const nodes = this.#plan.nodes.flatMap(({ key }) => this.#nodes.get(key) ?? []);
    const isReceiver = (node: RunningNode): boolean => node.planned.kind === 'receiver';
    await this.#stopNodes(nodes.filter(isReceiver), deadline);
    // Who still waits for an answer is not there to hear it: a destination that hangs must not hold the stop for them.
    const timer = setInterval(() => {
      for (const { component } of nodes) component.giveUpUnacknowledged?.();
    }, UNACKNOWLEDGED_ROUND_MS);
    await this.#stopNodes(
      nodes.filter((node) => !isReceiver(node)),
      deadline,
    );
    clearInterval(timer);
    this.#nodes.clear();
    for (const extension of [...this.#extensions.values()].toReversed()) await this.#stopExtension(extension, deadline);
    this.#extensions.clear();
  }

  /** Keys of what stays as it is. */
  #keptComponents(configuration: AgentConfiguration, plan: GraphPlan): ReadonlySet<string> {
    const kept = new Set<string>();
    for (const { key, signature } of plan.nodes) {
      if (this.#nodes.get(key)?.planned.signature === signature) kept.add(key);
    }
    for (const id of configuration.service.extensions) {
      const configured = configuration.extensions.get(id);
      const key = `extension:${id}`;
      if (configured && this.#extensions.get(key)?.signature === signatureOf(configured, [], configuration))
        kept.add(key);
    }
    return kept;
  }

  /** The nodes of the plan: kept ones as they are, new ones made and connected among themselves and to the kept. */
  #makeNodes(
    plan: GraphPlan,
    extensions: ReadonlyMap<string, RunningExtension>,
    made: RunningNode[],
    newHeads: string[],
  ): Map<string, RunningNode> {
    for (const { id } of plan.pipelines) {
      if (this.#heads.has(id)) continue;
      this.#heads.set(id, new Junction());
      newHeads.push(id);
    }
    const nodes = new Map<string, RunningNode>();
    for (const planned of plan.nodes) {
      const running = this.#nodes.get(planned.key);
      if (running?.planned.signature === planned.signature) nodes.set(planned.key, running);
      else {
        const node = this.#make(planned, plan, extensions);
        made.push(node);
        nodes.set(planned.key, node);
      }
    }
    const isNew = new Set(made.map((node) => node.planned.key));
    this.#connect(
      plan,
      nodes,
      (key) => isNew.has(key),
      (id) => newHeads.includes(id),
    );
    return nodes;
  }

  /** Nothing here can fail: the joints are turned in one go, then the replaced parts drain. */
  async #commit({ plan, nodes, made, extensions }: Candidate): Promise<AppliedChange> {
    this.#connect(
      plan,
      nodes,
      () => true,
      () => true,
    );
    const replaced = this.#plan.nodes.flatMap(({ key }) => {
      const running = this.#nodes.get(key);
      return running && nodes.get(key) !== running ? [running] : [];
    });
    const kept = [...nodes.values()].filter((node) => !made.includes(node));
    for (const id of this.#heads.keys())
      if (!plan.pipelines.some((pipeline) => pipeline.id === id)) this.#heads.delete(id);
    this.#plan = plan;
    this.#nodes = nodes;
    const outgoing = [...this.#extensions.values()].filter(
      (one) => !extensions.has(one.key) || extensions.get(one.key) !== one,
    );
    const keptExtensions = [...extensions.values()].filter((one) => this.#extensions.get(one.key) === one);
    this.#extensions = extensions;
    this.#options.services.memory.keepOnly(extensions);
    const deadline = AbortSignal.timeout(this.#options.drainTimeoutMs);
    await this.#stopNodes(replaced, deadline, { restore: true });
    for (const extension of outgoing) await this.#stopExtension(extension, deadline);
    await this.#refresh([...keptExtensions, ...kept.map(({ component, planned: { key } }) => ({ key, component }))]);
    await this.#options.services.listeners.endReload();
    return {
      kept: kept.length,
      started: made.map((node) => node.planned.key),
      stopped: replaced.map((node) => node.planned.key),
    };
  }

  #make(
    planned: RunningNode['planned'],
    plan: GraphPlan,
    extensions: ReadonlyMap<string, RunningExtension>,
  ): RunningNode {
    return makeNode(planned, plan, {
      services: this.#options.services,
      status: this.status,
      extension: (id) => extensions.get(`extension:${id}`)?.component,
      heads: this.#heads,
    });
  }

  async #startNode(node: RunningNode): Promise<void> {
    const { key } = node.planned;
    // While a reload starts a successor, its predecessor still serves: the state shown stays that one's.
    if (!this.#nodes.has(key)) this.status.restart(key);
    try {
      await node.component.start();
    } catch (error) {
      throw startFailure(key, error);
    }
    // A component that knows better has said so during its start.
    if (this.status.get(key) === 'Starting') this.status.set(key, 'OK');
  }

  /** Upstream first; each waits until what is inside it has gone on. */
  async #stopNodes(nodes: readonly RunningNode[], deadline: AbortSignal, options = { restore: false }): Promise<void> {
    for (const node of nodes) {
      const { key } = node.planned;
      const replacedBy = options.restore ? this.#nodes.get(key) : undefined;
      const isGone = replacedBy === undefined || replacedBy === node;
      if (isGone) this.status.set(key, 'Stopping');
      if (node.entry) await node.entry.idle(deadline);
      try {
        await node.component.stop(deadline);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        this.#logFor(key).error({ error: message }, 'Stopping failed');
      }
      node.metrics.release();
      if (!isGone) continue;
      this.status.set(key, 'Stopped');
      if (options.restore && !this.#nodes.has(key)) this.status.forget(key);
    }
  }

  async #refresh(kept: readonly { readonly key: string; readonly component: Component }[]): Promise<void> {
    for (const { key, component } of kept) {
      try {
        await component.refresh?.();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        this.#logFor(key).error({ error: message }, 'Reading files again failed; the old ones stay in use');
      }
    }
  }

  /** Points the outputs of the chosen nodes, and the chosen pipelines' heads, where the plan says. */
  #connect(
    plan: GraphPlan,
    nodes: ReadonlyMap<string, RunningNode>,
    choosesNode: (key: string) => boolean,
    choosesHead: (id: string) => boolean,
  ): void {
    for (const pipeline of plan.pipelines) {
      let next = this.#fanOut(pipeline.exporters.map((key) => ({ name: key, consumer: entryOf(nodes, key) })));
      for (const key of pipeline.processors.toReversed()) {
        if (choosesNode(key)) nodes.get(key)?.outputs.get('next')?.connect(next);
        next = entryOf(nodes, key);
      }
      if (choosesHead(pipeline.id)) this.#heads.get(pipeline.id)?.connect(next);
    }
    for (const [key, node] of nodes) {
      if (node.planned.kind !== 'receiver' && node.planned.kind !== 'connector') continue;
      if (!choosesNode(key)) continue;
      for (const [signal, junction] of node.outputs) junction.connect(this.#fanOut(this.#headsFed(plan, key, signal)));
    }
  }

  #headsFed(plan: GraphPlan, key: string, signal: string): Branch[] {
    const fed = (pipeline: PlannedPipeline): boolean => pipeline.signal === signal && pipeline.receivers.includes(key);
    return plan.pipelines.filter(fed).flatMap(({ id }) => {
      const consumer = this.#heads.get(id);
      return consumer ? [{ name: `pipeline:${id}`, consumer }] : [];
    });
  }

  #fanOut(branches: readonly Branch[]): Consumer {
    const [only] = branches;
    return branches.length === 1 && only ? only.consumer : new FanOut(branches, this.#options.services.drops);
  }

  async #startExtensions(configuration: AgentConfiguration): Promise<StartedExtensions> {
    const all = new Map<string, RunningExtension>();
    const started: RunningExtension[] = [];
    try {
      for (const configured of extensionOrder(configuration)) {
        const key = `extension:${configured.id}`;
        const signature = signatureOf(configured, [], configuration);
        const running = this.#extensions.get(key);
        if (running?.signature === signature) {
          all.set(key, running);
          continue;
        }
        const extension = this.#makeExtension(key, signature, configured, all);
        all.set(key, extension);
        started.push(extension);
        this.status.restart(key);
        try {
          await extension.component.start();
        } catch (error) {
          throw startFailure(key, error);
        }
        this.status.set(key, 'OK');
      }
    } catch (error) {
      const deadline = AbortSignal.timeout(this.#options.drainTimeoutMs);
      for (const extension of started.toReversed()) await this.#stopExtension(extension, deadline);
      throw error;
    }
    return { all, started };
  }

  #makeExtension(
    key: string,
    signature: string,
    configured: ConfiguredComponent,
    others: ReadonlyMap<string, RunningExtension>,
  ): RunningExtension {
    const base = contextFor(key, 'extension', configured.id, undefined, {
      services: this.#options.services,
      status: this.status,
      extension: (id) => others.get(`extension:${id}`)?.component,
    });
    const context: ExtensionContext = {
      ...base,
      engine: this.#view,
      sharedMemory: (bytes) => this.#options.services.memory.of(key, bytes),
    };
    // Components under `extensions` have extension declarations.
    const component = (configured.declaration as ExtensionDeclaration).create(configured.config, context);
    return { key, signature, component, metrics: base.metrics };
  }

  #logFor(key: string): ComponentLogger {
    const [kind = 'receiver', rest = key] = key.split(/:(.*)/s);
    const [id = rest, pipeline] = rest.split('@');
    // A key begins with the kind it was made from.
    return this.#options.services.log({
      kind: kind as ComponentKind,
      id,
      ...(pipeline === undefined ? {} : { pipeline }),
    });
  }

  async #stopExtension(extension: RunningExtension, deadline: AbortSignal): Promise<void> {
    const { key } = extension;
    const isGone = this.#extensions.get(key) === undefined || this.#extensions.get(key) === extension;
    if (isGone) this.status.set(key, 'Stopping');
    try {
      await extension.component.stop(deadline);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#logFor(key).error({ error: message }, 'Stopping failed');
    }
    extension.metrics.release();
    if (isGone) this.status.set(key, 'Stopped');
  }
}

function entryOf(nodes: ReadonlyMap<string, RunningNode>, key: string): Consumer {
  const entry = nodes.get(key)?.entry;
  if (!entry) throw new Error(`${key} takes no data`);
  return entry;
}

function startFailure(key: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AgentError('START_FAILED', `could not start: ${message}`, {
    component: key.split('@')[0] ?? key,
    cause: error,
  });
}
