// What pages of all formats have in common.

import type { Family, Series } from './series-store.ts';

/** One format's page, filled from the first family to the last. */
export interface Page {
  /** How long it is by now. */
  readonly bytes: number;
  /** `name` is the family's under the page's escaping scheme. */
  beginFamily(family: Family, name: string): void;
  addSeries(series: Series): void;
  endFamily(): void;
  finish(): Buffer;
}
