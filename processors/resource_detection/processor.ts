// Puts what the detectors found out into every resource.

import os from 'node:os';
import { AttributeEditor } from '../../pipeline/attribute-actions/editor.ts';
import { attributeActions } from '../../pipeline/attribute-actions/schema.ts';
import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import { AgentError } from '../../pipeline/errors.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { resourceSplicer, spliceBatch, type ChunkEditor } from '../../pipeline/splice-batch.ts';
import { KEEP } from '../../proto/otlp/splice.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import type { DetectorName, ResourceDetectionConfig } from './config.ts';
import type { Surroundings } from './detected.ts';
import { detectAll, DetectionFailed, type Outcome } from './detection.ts';

/** What setInterval takes. */
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

export interface ProcessorOptions {
  readonly config: ResourceDetectionConfig;
  readonly context: ComponentContext;
  readonly signal: Signal;
  readonly next: Consumer;
  /** Where detectors look; this machine unless given. */
  readonly surroundings?: Surroundings;
}

export class ResourceDetectionProcessor implements Processor {
  readonly #config: ResourceDetectionConfig;
  readonly #context: ComponentContext;
  readonly #next: Consumer;
  readonly #splicer: ChunkEditor;
  #editor: AttributeEditor | undefined;
  #schemaUrl: Uint8Array | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDetecting = false;
  readonly #stopped = new AbortController();
  readonly #silent = new Set<DetectorName>();
  readonly #surroundings: Surroundings;

  constructor(options: ProcessorOptions) {
    const { config, context, signal, next } = options;
    this.#surroundings = options.surroundings ?? thisMachine();
    this.#config = config;
    this.#context = context;
    this.#next = next;
    this.#splicer = resourceSplicer(
      signal,
      (draft) => {
        this.#editor?.apply(draft.attributes);
        return KEEP;
      },
      () => this.#schemaUrl,
    );
  }

  /** Fails with START_FAILED where a detector fails, as in the collector; one that has nothing to say here does not. */
  async start(): Promise<void> {
    const { refresh_interval: everyMs } = this.#config;
    this.#use(await this.#detect());
    if (everyMs === 0 || this.#stopped.signal.aborted) return;
    this.#timer = setInterval(() => void this.#refresh(), Math.min(everyMs, LONGEST_INTERVAL_MS));
  }

  /** Fails as the next component does, and with Rejected where the batch is malformed. */
  async consume(batch: Batch): Promise<void> {
    const isEdited = this.#editor !== undefined || this.#schemaUrl !== undefined;
    this.#editor?.begin(batch.context);
    await this.#next.consume(isEdited ? spliceBatch(batch, this.#splicer) : batch);
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    return Promise.resolve();
  }

  async #refresh(): Promise<void> {
    if (this.#isDetecting) return;
    try {
      this.#use(await this.#detect());
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#context.log.warn({ error }, 'the resource could not be detected again and stays as it was');
    }
  }

  async #detect(): Promise<Outcome> {
    const { log, random } = this.#context;
    this.#isDetecting = true;
    try {
      return await detectAll({
        config: this.#config,
        surroundings: this.#surroundings,
        log,
        silent: this.#silent,
        random,
        stopped: this.#stopped.signal,
      });
    } catch (error) {
      if (!(error instanceof DetectionFailed)) throw error;
      throw new AgentError('START_FAILED', error.message, {
        component: `processor:${this.#context.id}`,
        mend: mendOf(error),
        cause: error,
      });
    } finally {
      this.#isDetecting = false;
    }
  }

  #use({ attributes, schemaUrl }: Outcome): void {
    this.#schemaUrl = schemaUrl === undefined ? undefined : encodeUtf8(schemaUrl);
    this.#context.log.info({ attributes: [...attributes.keys()] }, 'detected the resource');
    const action = this.#config.override ? 'upsert' : 'insert';
    const actions = Array.from(attributes, ([key, value]) => ({ key, value, action }));
    this.#editor = actions.length === 0 ? undefined : new AttributeEditor(attributeActions('detectors').parse(actions));
  }
}

function thisMachine(): Surroundings {
  // Where the clouds put their metadata services: a link-local address that is the same in all of them.
  const link = 'http://169.254.169.254';
  return {
    env: process.env,
    root: '',
    hostname: os.hostname(),
    services: { ec2: link, gcp: link, azure: link },
    dockerSocket: '/var/run/docker.sock',
  };
}

function mendOf({ detectors: [first] }: DetectionFailed): string {
  switch (first) {
    case 'env':
      return 'write OTEL_RESOURCE_ATTRIBUTES as key=value,key=value';
    case 'system':
      return 'add os to system::hostname_sources, or take the detector out';
    default:
      return 'take the detector out, or fail_on_missing_metadata where its platform need not be there';
  }
}
