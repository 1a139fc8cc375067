// All client clauses, in their order.

import type { Clause } from './clause.ts';
import { ANSWER_CLAUSES } from './client-answers.ts';
import type { ClientCheck } from './client-bench.ts';
import { CONNECTION_CLAUSES } from './client-connections.ts';

export const CLIENT_CLAUSES: readonly Clause<ClientCheck>[] = [...ANSWER_CLAUSES, ...CONNECTION_CLAUSES];
