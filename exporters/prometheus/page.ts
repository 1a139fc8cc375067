// Puts a page together: every family by name, written in parts so that a large page holds nobody else up.

import { setImmediate } from 'node:timers/promises';
import { exposedName } from '../../proto/prometheus/exposed-names.ts';
import type { PageFormat } from './negotiate.ts';
import type { Page } from './page-writer.ts';
import { ProtobufPage } from './protobuf-page.ts';
import { Family, Series, type SeriesStore } from './series-store.ts';
import { TextPage } from './text-page.ts';
import { NumberValue } from '../../proto/prometheus/accumulated-values.ts';

/** Series that are written before others get a turn: about a millisecond. */
const SERIES_PER_TURN = 250;
const MAX_PAGE_BYTES = 512 << 20;

export interface PageOptions {
  readonly targetInfoName: string;
  readonly hasTimestamps: boolean;
  /** Only families of these names; all where it is empty. */
  readonly only: ReadonlySet<string>;
}

/** Undefined where the page is larger than anyone should take. */
export async function renderPage(
  store: SeriesStore,
  format: PageFormat,
  options: PageOptions,
): Promise<Buffer | undefined> {
  const { kind, scheme } = format;
  const { hasTimestamps, only } = options;
  const page: Page =
    kind === 'protobuf'
      ? new ProtobufPage({ scheme, hasTimestamps })
      : new TextPage({ isOpenMetrics: kind === 'openmetrics', scheme, hasTimestamps });
  const names = new Set<string>();
  let untilPause = SERIES_PER_TURN;
  for (const family of familiesOf(store, options.targetInfoName)) {
    if (only.size > 0 && !only.has(family.name)) continue;
    const name = exposedName(family.name, scheme);
    const series = family.sorted().filter(({ isGone }) => !isGone);
    // Two families that are alike once escaped would make the whole page invalid: the first is shown.
    if (series.length === 0 || names.has(name)) continue;
    names.add(name);
    page.beginFamily(family, name);
    for (const one of series) {
      page.addSeries(one);
      untilPause -= 1;
      if (untilPause > 0) continue;
      untilPause = SERIES_PER_TURN;
      if (page.bytes > MAX_PAGE_BYTES) return undefined;
      await setImmediate();
    }
    page.endFamily();
  }
  return page.finish();
}

function familiesOf(store: SeriesStore, targetInfoName: string): Family[] {
  const families = [...store.families.values()];
  const info = targetInfo(store, targetInfoName);
  if (info.series.size > 0) families.push(info);
  return families.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What is known of each job and instance that has series. */
function targetInfo(store: SeriesStore, name: string): Family {
  const family = new Family(name, 'Target metadata', 'gauge');
  for (const { key, labels } of store.targets.values()) {
    if (labels.length === 0) continue;
    const value = new NumberValue();
    value.value = 1;
    family.add(new Series(family, { labels, origin: '', value }, key));
  }
  return family;
}
