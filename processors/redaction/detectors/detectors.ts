// The configured detectors together: what they find in a text, from left to right, masked.

import { decodeUtf8 } from '../../../proto/otlp/text.ts';
import type { RedactionConfig } from '../config.ts';
import type { Masker } from '../masker.ts';
import type { ByteFilter } from '../filter/byte-filter.ts';
import type { ByteSet } from '../filter/byte-runs.ts';
import { CreditCards } from './credit-cards.ts';
import type { Detector } from './detector.ts';
import { Emails } from './emails.ts';
import { IpAddresses } from './ip-addresses.ts';
import { Tokens } from './tokens.ts';

/** A detector, its first run among those of all, and whether it has more to find. */
interface Turn {
  readonly detector: Detector;
  readonly firstRun: number;
  hasFind: boolean;
}

export class Detectors {
  readonly #turns: readonly Turn[];
  readonly #mask: Masker;
  /** What a byte filter has to look for to rule out those that have something like that. */
  readonly required: readonly (readonly ByteSet[])[];

  constructor(config: RedactionConfig, mask: Masker) {
    const turns: Turn[] = [];
    const required: (readonly ByteSet[])[] = [];
    for (const name of new Set(config.detect)) {
      const detector = detectorOf(name, config);
      turns.push({ detector, firstRun: required.length, hasFind: false });
      required.push(...detector.required);
    }
    this.#turns = turns;
    this.#mask = mask;
    this.required = required;
  }

  /**
   * Notes which detectors find something in [start, end), which `filter` has scanned; `firstRun` is where it has the runs of
   * `required`. Whether any does.
   */
  find(bytes: Uint8Array, start: number, end: number, filter: ByteFilter, firstRun: number): boolean {
    let found = false;
    for (const turn of this.#turns) {
      const { required } = turn.detector;
      let mayFind = required.length === 0;
      for (let run = 0; run < required.length; run++) {
        if (filter.may(firstRun + turn.firstRun + run)) mayFind = true;
      }
      turn.hasFind = mayFind && turn.detector.next(bytes, start, start, end);
      if (turn.hasFind) found = true;
    }
    return found;
  }

  /** [start, end) as text, in which `find` has found something, with every find masked. */
  masked(bytes: Uint8Array, start: number, end: number): string {
    const turns = this.#turns;
    let result = '';
    let from = start;
    for (let first = firstOf(turns); first !== undefined; first = firstOf(turns)) {
      const { start: at, end: stop } = first;
      result += decodeUtf8(bytes, from, at) + this.#mask(decodeUtf8(bytes, at, stop));
      from = stop;
      for (const turn of turns) {
        if (turn.hasFind && turn.detector.start < stop) turn.hasFind = turn.detector.next(bytes, start, stop, end);
      }
    }
    return result + decodeUtf8(bytes, from, end);
  }
}

function detectorOf(name: RedactionConfig['detect'][number], config: RedactionConfig): Detector {
  switch (name) {
    case 'credit_card':
      return new CreditCards();
    case 'email':
      return new Emails();
    case 'ip_address':
      return new IpAddresses();
    default:
      return new Tokens({ minLength: config.token_min_length, minEntropy: config.token_min_entropy });
  }
}

/** The find that begins first, of several the longest. */
function firstOf(turns: readonly Turn[]): Detector | undefined {
  let first: Detector | undefined;
  for (const { detector, hasFind } of turns) {
    if (!hasFind) continue;
    const isFirst = first === undefined || detector.start < first.start;
    if (isFirst || (detector.start === first?.start && detector.end > first.end)) first = detector;
  }
  return first;
}
