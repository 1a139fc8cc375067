// What detectors are given, and what they find out: attributes of a resource.

import type { ComponentLogger } from '../../pipeline/telemetry.ts';

export type DetectedValue = string | number | string[];
export type Detected = Map<string, DetectedValue>;

/** Where the agent runs, as far as detectors look at it. */
export interface Surroundings {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Comes before the absolute paths of files; empty: this system's own. */
  readonly root: string;
  readonly hostname: string;
  /** Metadata services, as `http://host:port` without a path; the environment can name others for ec2 and gcp. */
  readonly services: Readonly<Record<'ec2' | 'gcp' | 'azure', string>>;
  /** A Unix socket, unless DOCKER_HOST says otherwise. */
  readonly dockerSocket: string;
}

/** One attempt of a detector. */
export interface Detection {
  readonly surroundings: Surroundings;
  /** Aborts when the attempt's time is over. */
  readonly signal: AbortSignal;
  readonly log: ComponentLogger;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** The service that a detector asks is not there: the agent does not run where the detector would know something. */
export class NotThere extends Error {}

/** Which attributes of a detector are wanted. */
export type AttributeSwitches<Name extends string = string> = Readonly<Record<Name, { readonly enabled: boolean }>>;

/** Puts attributes in order of their names; those that are off, or have no value, are left out. */
export class Findings<Name extends string> {
  readonly #switches: AttributeSwitches<Name>;
  readonly #found: Detected = new Map();

  constructor(switches: AttributeSwitches<Name>) {
    this.#switches = switches;
  }

  isWanted(name: Name): boolean {
    return this.#switches[name].enabled;
  }

  set(name: Name, value: DetectedValue | undefined): void {
    if (value !== undefined && value !== '' && this.#switches[name].enabled) this.#found.set(name, value);
  }

  /** An attribute whose name comes from outside, such as a tag's. */
  add(name: string, value: string): void {
    this.#found.set(name, value);
  }

  get all(): Detected {
    return this.#found;
  }
}
