// One detection: all detectors at once, each tried again until it succeeds or the time is over, their answers put together.

import type { ComponentLogger } from '../../pipeline/telemetry.ts';
import { detectAzure } from './azure.ts';
import type { DetectorName, ResourceDetectionConfig } from './config.ts';
import { detectContainer } from './container.ts';
import { NotThere, type Detected, type Detection, type Surroundings } from './detected.ts';
import { detectDocker } from './docker.ts';
import { detectEc2 } from './ec2.ts';
import { detectEnvironment } from './env.ts';
import { detectGcp } from './gcp.ts';
import { detectKubernetes } from './kubernetes.ts';
import { detectHeroku, detectLambda } from './platform-variables.ts';
import { detectProcess } from './process.ts';
import { detectSystem } from './system.ts';

export interface DetectionOptions {
  readonly config: ResourceDetectionConfig;
  readonly surroundings: Surroundings;
  readonly log: ComponentLogger;
  /** Detectors that have nothing to say here, of which that has been said. */
  readonly silent: Set<DetectorName>;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Aborts when nobody wants an answer any more. */
  readonly stopped: AbortSignal;
}

/** What failed at last, by detector. */
export class DetectionFailed extends Error {
  readonly detectors: readonly DetectorName[];

  constructor(failures: readonly { readonly name: DetectorName; readonly reason: string }[]) {
    super(failures.map(({ name, reason }) => `the detector ${name} failed: ${reason}`).join('; '));
    this.detectors = failures.map(({ name }) => name);
  }
}

/** These read what does not change by itself, so that another attempt would come to the same. */
const FIXED: ReadonlySet<DetectorName> = new Set(['env', 'process', 'lambda', 'heroku']);

/** The conventions whose names detectors use, but for env, whose names are the user's. */
const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.40.0';

export interface Outcome {
  readonly attributes: Detected;
  /** Undefined where only env had something to say. */
  readonly schemaUrl: string | undefined;
}

/** Of an attribute the first detector's answer counts. Fails with DetectionFailed where some detector did. */
export async function detectAll(options: DetectionOptions): Promise<Outcome> {
  const { timeout, retry, detectors } = options.config;
  const allMs = retry.max_elapsed_time || timeout;
  const timeUp = allMs > 0 ? AbortSignal.any([options.stopped, AbortSignal.timeout(allMs)]) : options.stopped;
  const outcomes = await Promise.allSettled(detectors.map((name) => detectOne(name, options, timeUp)));
  const attributes: Detected = new Map();
  let schemaUrl: string | undefined;
  const failures: { name: DetectorName; reason: string }[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    // Safe: there is an outcome per detector.
    const name = detectors[index] as DetectorName;
    if (outcome.status === 'rejected') {
      failures.push({ name, reason: reasonOf(outcome.reason) });
      continue;
    }
    for (const [key, value] of outcome.value ?? []) if (!attributes.has(key)) attributes.set(key, value);
    if (outcome.value && name !== 'env') schemaUrl = SCHEMA_URL;
  }
  if (failures.length > 0) throw new DetectionFailed(failures);
  return { attributes, schemaUrl };
}

/** Until it succeeds, or the time is over: then fails with the last reason. Undefined where it has nothing to say here. */
async function detectOne(
  name: DetectorName,
  options: DetectionOptions,
  timeUp: AbortSignal,
): Promise<Detected | undefined> {
  const { config, log, random } = options;
  const { retry, timeout } = config;
  let waitMs = retry.initial_interval;
  let isSaid = false;
  for (;;) {
    const isLimited = timeout > 0 && (retry.max_elapsed_time > 0 || !retry.enabled);
    const signal = isLimited ? AbortSignal.any([timeUp, AbortSignal.timeout(timeout)]) : timeUp;
    try {
      const answer = ask(name, options, signal);
      // Others call off what they have under way; a look-up of names can not be called off.
      return await (name === 'system' ? within(signal, answer) : answer);
    } catch (error) {
      if (error instanceof NotThere && !failsOnMissing(name, config)) {
        if (!options.silent.has(name)) {
          log.info({ detector: name, reason: reasonOf(error) }, 'the detector has nothing to say here');
        }
        options.silent.add(name);
        return undefined;
      }
      if (!retry.enabled || FIXED.has(name) || timeUp.aborted) throw error;
      if (!isSaid) log.warn({ detector: name, reason: reasonOf(error) }, 'a detector failed and is asked again');
      isSaid = true;
      const spread = 1 + retry.randomization_factor * (2 * random() - 1);
      if (!(await waited(waitMs * spread, timeUp))) throw error;
      waitMs = Math.min(retry.max_interval, waitMs * retry.multiplier);
    }
  }
}

async function ask(name: DetectorName, options: DetectionOptions, signal: AbortSignal): Promise<Detected> {
  const { config, surroundings, log, random } = options;
  const { env } = surroundings;
  const detection: Detection = { surroundings, signal, log, random };
  switch (name) {
    case 'env':
      return detectEnvironment(env);
    case 'system':
      return await detectSystem({
        settings: config.system,
        timeoutMs: config.timeout || config.retry.max_elapsed_time,
        onFailure: (attribute, reason) =>
          log.warn({ attribute, reason }, 'an attribute of the system could not be found out'),
      });
    case 'process':
      return detectProcess(config.process.resource_attributes);
    case 'container':
      return detectContainer(config.container.resource_attributes, surroundings);
    case 'docker':
      return await detectDocker(config.docker.resource_attributes, detection);
    case 'k8s':
      return detectKubernetes(config.k8s, surroundings);
    case 'ec2':
      return await detectEc2(config.ec2, detection);
    case 'gcp':
      return await detectGcp(config.gcp.resource_attributes, detection, config.fail_on_missing_metadata);
    case 'azure':
      return await detectAzure(config.azure, detection);
    case 'lambda':
      return detectLambda(config.lambda.resource_attributes, env);
    default:
      return detectHeroku(config.heroku.resource_attributes, env);
  }
}

function failsOnMissing(name: DetectorName, config: ResourceDetectionConfig): boolean {
  return config.fail_on_missing_metadata || (name === 'ec2' && config.ec2.fail_on_missing_metadata);
}

/** Fails when the signal aborts, whatever becomes of the rest. */
async function within<T>(signal: AbortSignal, task: Promise<T>): Promise<T> {
  const over = Promise.withResolvers<never>();
  const abort = (): void => over.reject(new Error('its time was over'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([task, over.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    // Nobody waits for what is left.
    task.catch(() => {});
    over.promise.catch(() => {});
  }
}

/** False where the signal aborts first. */
function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const timer = setTimeout(() => end(true), ms);
    const abort = (): void => end(false);
    function end(isOver: boolean): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(isOver);
    }
    signal.addEventListener('abort', abort, { once: true });
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
