// Damages a file of the agent's queue while the agent is down, and says which spans were in what was damaged: those, and no
// others, may be missing afterwards.

import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { joinChunks } from '../../../pipeline/batch.ts';
import { batchAt, headerAt, HEADER_BYTES, KIND_TOTAL } from '../../../pipeline/storage/record.ts';
import { segmentOf } from '../../../pipeline/storage/segment.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { numbersIn } from './numbers.ts';

export interface Damage {
  readonly what: string;
  readonly file: string;
  /** Spans that may be missing now. */
  readonly lost: readonly number[];
  /** What was settled may be unknown now: all of it may come twice. */
  readonly isForgetful: boolean;
}

interface Place {
  readonly at: number;
  readonly length: number;
  readonly numbers: readonly number[];
}

const KINDS = [
  'body',
  'body',
  'header',
  'tail',
  'tail',
  'closing',
  'settlements',
  'no settlements',
  'garbage',
] as const;

/** Undefined where there is nothing to damage. */
export function damageQueue(directory: string, choice: number): Damage | undefined {
  const random = new SeededRandom(Math.floor(choice * 2 ** 32));
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.log') && statSync(path.join(directory, name)).size > 0)
    .sort();
  const [first, ...rest] = files;
  if (first === undefined) return undefined;
  const file = path.join(directory, random.pick([first, ...rest]));
  const key = segmentOf(path.basename(file), '.log')?.key;
  if (key === undefined) return undefined;
  const bytes = readFileSync(file);
  const places = recordsOf(bytes, key);
  const what = random.pick(KINDS);
  const settlements = file.replace(/\.log$/, '.ack');
  const damage = { what, file: path.basename(file), lost: [], isForgetful: false };
  const [one, ...others] = places;
  switch (what) {
    case 'body':
    case 'header': {
      if (!one) return undefined;
      const { at, length, numbers } = random.pick([one, ...others]);
      const byte =
        what === 'header' ? at + random.below(HEADER_BYTES) : at + HEADER_BYTES + random.below(length - HEADER_BYTES);
      bytes[byte] = (bytes[byte] ?? 0) ^ (1 << random.below(8));
      writeFileSync(file, bytes);
      return { ...damage, lost: numbers };
    }
    case 'tail': {
      const most = 2 * ((others.at(-1) ?? one)?.length ?? 1);
      const size = Math.max(0, bytes.length - random.between(1, Math.min(bytes.length, most)));
      truncateSync(file, size);
      return { ...damage, lost: places.flatMap(({ at, length, numbers }) => (at + length > size ? numbers : [])) };
    }
    case 'closing': {
      // The last byte of a file that was closed in order; of another one, of its last record.
      const last = bytes.length - 1;
      bytes[last] = (bytes[last] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      return { ...damage, lost: places.flatMap(({ at, length, numbers }) => (at + length > last ? numbers : [])) };
    }
    case 'garbage':
      appendFileSync(file, random.bytes(random.between(1, 200)));
      return damage;
    default:
      return { ...damage, isForgetful: spoil(settlements, what === 'settlements' ? random : undefined) };
  }
}

/** A byte turned over, or the file deleted. */
function spoil(file: string, random: SeededRandom | undefined): boolean {
  try {
    const bytes = readFileSync(file);
    if (!random || bytes.length === 0) rmSync(file);
    else {
      const byte = random.below(bytes.length);
      bytes[byte] = (bytes[byte] ?? 0) ^ (1 << random.below(8));
      writeFileSync(file, bytes);
    }
    return true;
  } catch {
    return false;
  }
}

/** The whole records of a segment; what is damaged already is passed over. */
function recordsOf(bytes: Buffer, key: number): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < bytes.length;) {
    const found = headerAt(bytes, at, key);
    if (!found || at + found.length > bytes.length) {
      at += 1;
      continue;
    }
    const batch = found.kind === KIND_TOTAL ? undefined : batchAt(bytes, at, found);
    if (batch) places.push({ at, length: found.length, numbers: numbersIn(joinChunks(batch)) });
    at += found.length;
  }
  return places;
}
