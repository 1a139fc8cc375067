// What flows through every component, for the live view.

import type { Figure } from '../component.ts';
import type { Engine } from './engine.ts';

export function flowFigures(engine: Engine): Figure[] {
  return engine.nodes().flatMap(({ planned, entry }) => {
    if (!entry) return [];
    const [component = planned.key] = planned.key.split('@');
    const labels = { component, ...(planned.pipeline === undefined ? {} : { pipeline: planned.pipeline }) };
    const { flow } = entry;
    return [
      { name: 'genesis_component_consumed_items', labels, value: flow.consumedItems },
      { name: 'genesis_component_refused_items', labels, value: flow.refusedItems },
      { name: 'genesis_component_rejected_items', labels, value: flow.rejectedItems },
      { name: 'genesis_component_in_flight_batches', labels, value: flow.inFlightBatches },
      { name: 'genesis_component_in_flight_bytes', labels, value: flow.inFlightBytes },
    ];
  });
}

/** The figures of several threads: those of the same name and labels are one, their values added. */
export function addFigures(...threads: readonly (readonly Figure[])[]): Figure[] {
  const sums = new Map<string, { name: string; labels: Figure['labels']; value: number }>();
  for (const figure of threads.flat()) {
    const key = JSON.stringify([figure.name, figure.labels]);
    const sum = sums.get(key);
    if (sum) sum.value += figure.value;
    else sums.set(key, { ...figure });
  }
  return [...sums.values()];
}
