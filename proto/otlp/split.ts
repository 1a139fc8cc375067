// Splits batches into parts of a most number of items, each with the resource, scope and (for metrics) metric around them.

import { ProtoReader } from '../wire.ts';
import { ProtoWriter } from '../wire-writer.ts';
import { countItems, isMetricData } from './count.ts';
import { ENVELOPE_FIELDS } from './envelope.ts';
import { METRIC_DATA } from './metrics.ts';
import type { OtlpSignal } from './signals.ts';

/** Some chunks and the items in them. */
export interface Part {
  readonly chunks: readonly Uint8Array[];
  readonly items: number;
}

/**
 * The chunks in parts of `maxItems` items, the last one of what is left; items keep their order. Chunks that need not be
 * cut are passed on as they are. `maxItems` is 1 or more. Profiles share a dictionary and are never split: one part.
 */
export function splitChunks(signal: OtlpSignal, chunks: readonly Uint8Array[], maxItems: number): Part[] {
  const parts: Part[] = [];
  let current: Uint8Array[] = [];
  let items = 0;
  for (const chunk of chunks) {
    const count = countItems(signal, chunk);
    if (items === maxItems && signal !== 'profiles') {
      parts.push({ chunks: current, items });
      current = [];
      items = 0;
    }
    if (signal === 'profiles' || items + count <= maxItems) {
      current.push(chunk);
      items += count;
      continue;
    }
    const pieces = splitChunk(signal, chunk, maxItems - items, maxItems);
    let left = count;
    for (const piece of pieces) {
      if (items === maxItems) {
        parts.push({ chunks: current, items });
        current = [];
        items = 0;
      }
      const taken = Math.min(maxItems - items, left);
      current.push(piece);
      items += taken;
      left -= taken;
    }
  }
  if (current.length > 0) parts.push({ chunks: current, items });
  return parts;
}

/**
 * Cuts one request: the first piece has `firstItems` items (where that is 0 there is no such piece), the others `maxItems`,
 * the last one what is left.
 */
export function splitChunk(
  signal: Exclude<OtlpSignal, 'profiles'>,
  chunk: Uint8Array,
  firstItems: number,
  maxItems: number,
): Uint8Array[] {
  return new ChunkSplitter(chunk, firstItems > 0 ? firstItems : maxItems, maxItems).run(signal);
}

/** request > resource > scope > metric > data. */
const MAX_LEVELS = 5;

/** A message around the items, to be written again in each piece that has items of it. */
class Level {
  start = 0;
  end = 0;
  field = 0;
  /** Which fields hold what is split; all others are repeated in each piece. */
  isSplit: (field: number) => boolean = isItems;
  mark = 0;
  isOpen = false;
  /** Whether any piece has it yet. */
  wasOpened = false;
}

class ChunkSplitter {
  readonly #bytes: Uint8Array;
  readonly #maxItems: number;
  readonly #writer: ProtoWriter;
  readonly #pieces: Uint8Array[] = [];
  readonly #levels: Level[] = Array.from({ length: MAX_LEVELS }, () => new Level());
  #depth = 0;
  #room: number;

  constructor(bytes: Uint8Array, firstItems: number, maxItems: number) {
    this.#bytes = bytes;
    this.#room = firstItems;
    this.#maxItems = maxItems;
    this.#writer = new ProtoWriter(bytes.length + 256);
  }

  run(signal: OtlpSignal): Uint8Array[] {
    const bytes = this.#bytes;
    const resources = new ProtoReader();
    const scopes = new ProtoReader();
    const items = new ProtoReader();
    resources.reset(bytes);
    while (resources.next()) {
      if (resources.field !== 1) {
        // Unknown fields of the request stay with the piece at hand.
        this.#writer.raw(bytes, resources.tagAt, resources.pos);
        continue;
      }
      this.#enter(resources, isItems);
      scopes.reset(bytes, resources.start, resources.stop);
      while (scopes.next()) {
        if (!isItems(scopes.field)) continue;
        this.#enter(scopes, isItems);
        items.reset(bytes, scopes.start, scopes.stop);
        while (items.next()) {
          if (!isItems(items.field)) continue;
          if (signal === 'metrics') this.#metric(items);
          else this.#item(items);
        }
        this.#leave();
      }
      this.#leave();
    }
    this.#cut();
    return this.#pieces;
  }

  #metric(place: ProtoReader): void {
    const data = new ProtoReader();
    const points = new ProtoReader();
    this.#enter(place, isMetricData);
    data.reset(this.#bytes, place.start, place.stop);
    while (data.next()) {
      if (!isMetricData(data.field)) continue;
      this.#enter(data, isPoints);
      points.reset(this.#bytes, data.start, data.stop);
      while (points.next()) if (isPoints(points.field)) this.#item(points);
      this.#leave();
    }
    this.#leave();
  }

  #item(place: ProtoReader): void {
    if (this.#room === 0) this.#cut();
    this.#open();
    this.#writer.raw(this.#bytes, place.tagAt, place.pos);
    this.#room--;
  }

  #enter(place: ProtoReader, isSplit: (field: number) => boolean): void {
    const level = this.#levels[this.#depth++] as Level; // safe: run nests at most MAX_LEVELS deep
    level.field = place.field;
    level.start = place.start;
    level.end = place.stop;
    level.isSplit = isSplit;
    level.isOpen = level.wasOpened = false;
  }

  #leave(): void {
    const level = this.#levels[this.#depth - 1] as Level; // safe: entered before
    // What has no items (a metric without points) belongs to one piece all the same.
    if (!level.wasOpened) this.#open();
    if (level.isOpen) this.#writer.end(level.mark);
    level.isOpen = false;
    this.#depth--;
  }

  /** Opens the messages around the current place that are not open in this piece. */
  #open(): void {
    for (let depth = 0; depth < this.#depth; depth++) {
      const level = this.#levels[depth] as Level; // safe: depth < #depth
      if (level.isOpen) continue;
      level.isOpen = level.wasOpened = true;
      level.mark = this.#writer.begin(level.field, level.end - level.start);
      envelopeFields.reset(this.#bytes, level.start, level.end);
      while (envelopeFields.next()) {
        if (level.isSplit(envelopeFields.field)) continue;
        this.#writer.raw(this.#bytes, envelopeFields.tagAt, envelopeFields.pos);
      }
    }
  }

  /** Ends the piece. */
  #cut(): void {
    for (let depth = this.#depth - 1; depth >= 0; depth--) {
      const level = this.#levels[depth] as Level; // safe: depth < #depth
      if (level.isOpen) this.#writer.end(level.mark);
      level.isOpen = false;
    }
    if (this.#writer.length > 0) this.#pieces.push(this.#writer.finish());
    this.#writer.clear();
    this.#room = this.#maxItems;
  }
}

const envelopeFields = new ProtoReader();

function isItems(field: number): boolean {
  return field === ENVELOPE_FIELDS.items;
}

function isPoints(field: number): boolean {
  return field === METRIC_DATA.dataPoints;
}
