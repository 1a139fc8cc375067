// The status of every component, with the collector's states, and whoever wants to hear of changes.

import type { ComponentState, StatusName } from '../component.ts';

export class StatusBoard {
  readonly #states = new Map<string, ComponentState>();
  readonly #listeners = new Set<(state: ComponentState) => void>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `key` is the node's; a processor's pipeline is shown beside its name. A stopped component accepts no other state. */
  set(key: string, name: StatusName, reason?: string): void {
    const before = this.#states.get(key);
    if (before && !allows(before.status, name)) return;
    if (before?.status === name && before.reason === reason) return;
    const [component = key, pipeline] = key.split('@');
    const state: ComponentState = {
      component,
      status: name,
      // A state that goes on for another reason has not begun anew.
      sinceUnixMs: before?.status === name ? before.sinceUnixMs : this.#now(),
      ...(pipeline === undefined ? {} : { pipeline }),
      ...(reason === undefined ? {} : { reason }),
    };
    this.#states.set(key, state);
    for (const listener of this.#listeners) listener(state);
  }

  /** A new instance takes the key over. */
  restart(key: string): void {
    this.#states.delete(key);
    this.set(key, 'Starting');
  }

  forget(key: string): void {
    this.#states.delete(key);
  }

  get(key: string): StatusName | undefined {
    return this.#states.get(key)?.status;
  }

  all(): readonly ComponentState[] {
    return [...this.#states.values()];
  }

  listen(listener: (state: ComponentState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The collector's state machine (docs/component-status.md): errors that are final stay, stopping only ends in stopped. */
function allows(from: StatusName, to: StatusName): boolean {
  switch (from) {
    case 'Stopped':
    case 'FatalError':
      return to === 'Stopped' && from === 'FatalError';
    case 'PermanentError':
      return to === 'Stopping' || to === 'Stopped' || to === 'FatalError';
    case 'Stopping':
      return to === 'Stopped' || to === 'RecoverableError' || to === 'PermanentError' || to === 'FatalError';
    default:
      return true;
  }
}
