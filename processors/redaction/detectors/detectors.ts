// The configured detectors together: what they find in a text, from left to right, masked.

import { decodeUtf8 } from '../../../proto/otlp/text.ts';
import type { RedactionConfig } from '../config.ts';
import type { Masker } from '../masker.ts';
import type { ByteSet } from '../filter/byte-runs.ts';
import { CreditCards } from './credit-cards.ts';
import type { Detector } from './detector.ts';
import { Emails } from './emails.ts';
import { IpAddresses } from './ip-addresses.ts';
import { Tokens } from './tokens.ts';

/** A detector and whether it has more to find. */
interface Turn {
  readonly detector: Detector;
  hasFind: boolean;
}

export class Detectors {
  readonly #turns: readonly Turn[];
  readonly #mask: Masker;
  /** What a byte filter has to look for to rule out those that have something like that. */
  readonly required: readonly (readonly ByteSet[])[];
  readonly #unfiltered: readonly Detector[];

  constructor(config: RedactionConfig, mask: Masker) {
    const detectors = [...new Set(config.detect)].map((name) => detectorOf(name, config));
    this.#turns = detectors.map((detector) => ({ detector, hasFind: false }));
    this.#mask = mask;
    this.required = detectors.flatMap(({ required }) => required);
    this.#unfiltered = detectors.filter(({ required }) => required.length === 0);
  }

  /** Whether a detector without a filter finds something in [start, end). */
  findsUnfiltered(bytes: Uint8Array, start: number, end: number): boolean {
    for (const detector of this.#unfiltered) if (detector.next(bytes, start, start, end)) return true;
    return false;
  }

  /** [start, end) as text with every find masked; undefined where there is none. */
  masked(bytes: Uint8Array, start: number, end: number): string | undefined {
    const turns = this.#turns;
    for (const turn of turns) turn.hasFind = turn.detector.next(bytes, start, start, end);
    let result: string | undefined;
    let from = start;
    for (let first = firstOf(turns); first !== undefined; first = firstOf(turns)) {
      const { start: at, end: stop } = first;
      result = (result ?? '') + decodeUtf8(bytes, from, at) + this.#mask(decodeUtf8(bytes, at, stop));
      from = stop;
      for (const turn of turns) {
        if (turn.hasFind && turn.detector.start < stop) turn.hasFind = turn.detector.next(bytes, start, stop, end);
      }
    }
    return result === undefined ? undefined : result + decodeUtf8(bytes, from, end);
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
