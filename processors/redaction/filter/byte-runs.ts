// Runs of bytes that a text has to contain, each place with the set of bytes that may stand there: how those of the parts of
// a pattern make those of the whole, and which of them says most.

/** Byte values, as a flag for each. */
export type ByteSet = Uint8Array;

/** Longer runs say nothing more. */
export const MAX_RUN = 16;

/** In nats: one in ten billion bytes of ordinary text begins such a run. */
const ENOUGH = 23;

/** A part of a pattern: what its matches begin with, end with, and contain somewhere. */
export interface Shape {
  /** Whether `prefix` is all of it: then prefix and suffix are the same. */
  readonly exact: boolean;
  readonly prefix: readonly ByteSet[];
  readonly suffix: readonly ByteSet[];
  readonly best: readonly ByteSet[];
}

export const EMPTY_SHAPE: Shape = { exact: true, prefix: [], suffix: [], best: [] };
/** Anything at all. */
export const UNKNOWN_SHAPE: Shape = { exact: false, prefix: [], suffix: [], best: [] };

/** A run of exactly these bytes. */
export function exactShape(run: readonly ByteSet[]): Shape {
  return run.length <= MAX_RUN
    ? { exact: true, prefix: run, suffix: run, best: run }
    : { exact: false, prefix: run.slice(0, MAX_RUN), suffix: run.slice(-MAX_RUN), best: run.slice(0, MAX_RUN) };
}

/** One character of a set that may have more than ASCII in it, so that its length is not known. */
export function wideShape(set: ByteSet): Shape {
  const run = [set];
  return { exact: false, prefix: run, suffix: run, best: run };
}

export function followedBy(a: Shape, b: Shape): Shape {
  const best = better(better(a.best, b.best), windowOf([...a.suffix, ...b.prefix]));
  const prefix = a.exact ? [...a.prefix, ...b.prefix] : a.prefix;
  const suffix = b.exact ? [...a.suffix, ...b.suffix] : b.suffix;
  const exact = a.exact && b.exact && prefix.length <= MAX_RUN;
  return { exact, prefix: prefix.slice(0, MAX_RUN), suffix: suffix.slice(-MAX_RUN), best };
}

export function either(a: Shape, b: Shape): Shape {
  const exact = a.exact && b.exact && a.prefix.length === b.prefix.length;
  const prefix = unionOf(a.prefix, b.prefix);
  const suffix = unionOf(a.suffix.toReversed(), b.suffix.toReversed()).toReversed();
  return { exact, prefix, suffix, best: better(better(prefix, suffix), unionOf(a.best, b.best)) };
}

/** `min` or more of a part; `isFixed` where it is exactly so many. */
export function repeated(part: Shape, min: number, isFixed: boolean): Shape {
  if (min === 0) return isFixed ? EMPTY_SHAPE : UNKNOWN_SHAPE;
  const copies = Math.min(min, MAX_RUN);
  let shape = part;
  for (let copy = 1; copy < copies; copy++) shape = followedBy(shape, part);
  return isFixed && copies === min ? shape : { ...shape, exact: false };
}

/** The first places of both, each with what either has there. */
function unionOf(a: readonly ByteSet[], b: readonly ByteSet[]): ByteSet[] {
  const run: ByteSet[] = [];
  for (const [index, set] of a.entries()) {
    const other = b[index];
    if (other === undefined) break;
    run.push(set.map((flag, value) => flag | (other[value] ?? 0)));
  }
  return run;
}

function better(a: readonly ByteSet[], b: readonly ByteSet[]): readonly ByteSet[] {
  return informationOf(b) > informationOf(a) ? b : a;
}

/** The most telling `length` places in a row. */
function windowOf(run: readonly ByteSet[], length: number = MAX_RUN): readonly ByteSet[] {
  let found = run.slice(0, length);
  for (let start = 1; start + length <= run.length; start++) {
    const window = run.slice(start, start + length);
    if (informationOf(window) > informationOf(found)) found = window;
  }
  return found;
}

/** As few places in a row as say enough: the fewer, the more runs are looked for at once. */
export function tellingPart(run: readonly ByteSet[]): readonly ByteSet[] {
  for (let length = 1; length < Math.min(run.length, MAX_RUN); length++) {
    const part = windowOf(run, length);
    if (informationOf(part) >= ENOUGH) return part;
  }
  return windowOf(run);
}

/** How rare a run is in ordinary text, in nats. */
function informationOf(run: readonly ByteSet[]): number {
  let sum = 0;
  for (const set of run) {
    let likelihood = 0;
    for (let value = 0; value < 256; value++) if (set[value] === 1) likelihood += frequencyOf(value);
    sum -= Math.log(Math.min(1, likelihood));
  }
  return sum;
}

/** About how often a byte occurs in values of attributes. */
function frequencyOf(value: number): number {
  if (value >= 0x80) return 0.0005;
  const character = String.fromCharCode(value);
  if (/[a-z ]/.test(character)) return 0.028;
  if (/[0-9]/.test(character)) return 0.012;
  return /[A-Z./_-]/.test(character) ? 0.005 : 0.001;
}
