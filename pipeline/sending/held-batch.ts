// What a queue keeps after its sender was answered is charged to the agent's memory and to the client whose data it is, so
// that one client can not fill a queue for all.

import type { Admission } from '../admission.ts';
import { memoryOf, type Batch } from '../batch.ts';

/** Always followed by one `releaseBatch` of the same batch. */
export function holdBatch(admission: Admission, batch: Batch): void {
  const bytes = memoryOf(batch);
  admission.acquire(bytes);
  batch.context.account?.hold(bytes);
}

export function releaseBatch(admission: Admission, batch: Batch): void {
  const bytes = memoryOf(batch);
  admission.release(bytes);
  batch.context.account?.release(bytes);
}
