// Puts what the detectors found out into every resource.

import { AttributeEditor } from '../../pipeline/attribute-actions/editor.ts';
import { attributeActions } from '../../pipeline/attribute-actions/schema.ts';
import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import { AgentError } from '../../pipeline/errors.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { resourceSplicer, spliceBatch, type ChunkEditor } from '../../pipeline/splice-batch.ts';
import { KEEP } from '../../proto/otlp/splice.ts';
import type { ResourceDetectionConfig } from './config.ts';
import type { Detected } from './detected.ts';
import { detectEnvironment } from './env.ts';
import { detectSystem } from './system.ts';

/** What setInterval takes. */
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

export class ResourceDetectionProcessor implements Processor {
  readonly #config: ResourceDetectionConfig;
  readonly #context: ComponentContext;
  readonly #next: Consumer;
  readonly #splicer: ChunkEditor;
  #editor: AttributeEditor | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(config: ResourceDetectionConfig, context: ComponentContext, signal: Signal, next: Consumer) {
    this.#config = config;
    this.#context = context;
    this.#next = next;
    this.#splicer = resourceSplicer(signal, (draft) => {
      this.#editor?.apply(draft.attributes);
      return KEEP;
    });
  }

  /** Fails with START_FAILED where a detector fails, as in the collector. */
  async start(): Promise<void> {
    const { refresh_interval: everyMs } = this.#config;
    this.#use(await this.#detect());
    if (everyMs === 0) return;
    this.#timer = setInterval(
      () => {
        this.#detect().then(
          (detected) => this.#use(detected),
          (error: unknown) =>
            this.#context.log.warn({ error }, 'the resource could not be detected again and stays as it was'),
        );
      },
      Math.min(everyMs, LONGEST_INTERVAL_MS),
    );
  }

  /** Fails as the next component does, and with Rejected where the batch is malformed. */
  async consume(batch: Batch): Promise<void> {
    const editor = this.#editor;
    editor?.begin(batch.context);
    await this.#next.consume(editor ? spliceBatch(batch, this.#splicer) : batch);
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }

  /** Of an attribute the first detector's answer counts. */
  async #detect(): Promise<Detected> {
    const all: Detected = new Map();
    for (const detector of this.#config.detectors) {
      let detected: Detected;
      try {
        detected = await this.#ask(detector);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new AgentError('START_FAILED', `the detector ${detector} failed: ${reason}`, {
          component: `processor:${this.#context.id}`,
          mend:
            detector === 'env'
              ? 'write OTEL_RESOURCE_ATTRIBUTES as key=value,key=value'
              : 'add os to system::hostname_sources, or take the detector out',
          cause: error,
        });
      }
      for (const [key, value] of detected) if (!all.has(key)) all.set(key, value);
    }
    return all;
  }

  #ask(detector: ResourceDetectionConfig['detectors'][number]): Detected | Promise<Detected> {
    if (detector === 'env') return detectEnvironment(process.env);
    return detectSystem({
      settings: this.#config.system,
      timeoutMs: this.#config.timeout,
      onFailure: (attribute, reason) =>
        this.#context.log.warn({ attribute, reason }, 'an attribute of the system could not be found out'),
    });
  }

  #use(detected: Detected): void {
    this.#context.log.info({ attributes: [...detected.keys()] }, 'detected the resource');
    const action = this.#config.override ? 'upsert' : 'insert';
    const actions = Array.from(detected, ([key, value]) => ({ key, value, action }));
    this.#editor = actions.length === 0 ? undefined : new AttributeEditor(attributeActions('detectors').parse(actions));
  }
}
