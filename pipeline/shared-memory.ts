// Memory of components that all threads of the agent share and that outlives an instance: what is counted for the agent as a
// whole goes on counting when a reload replaces the component.

export class SharedMemory {
  #blocks = new Map<string, SharedArrayBuffer>();

  /** By owner; for handing to other threads. */
  get blocks(): ReadonlyMap<string, SharedArrayBuffer> {
    return this.#blocks;
  }

  /** The owner's block: the same one each time while its size stays, zeroes at first. */
  of(owner: string, bytes: number): SharedArrayBuffer {
    const known = this.#blocks.get(owner);
    if (known?.byteLength === bytes) return known;
    const made = new SharedArrayBuffer(bytes);
    this.#blocks.set(owner, made);
    return made;
  }

  /** From here on the blocks are those of another thread. */
  use(blocks: ReadonlyMap<string, SharedArrayBuffer>): void {
    this.#blocks = new Map(blocks);
  }

  /** Forgets the blocks of owners that are no more. */
  keepOnly(owners: ReadonlyMap<string, unknown>): void {
    for (const owner of this.#blocks.keys()) if (!owners.has(owner)) this.#blocks.delete(owner);
  }
}
