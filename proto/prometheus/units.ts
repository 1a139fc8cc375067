// Units as Prometheus names end with them, by the rules of prometheus/otlptranslator v1.0.0 (Apache-2.0).

const MAIN: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
]);

const PER: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
]);

/** `m/s` as `meters` and `per_second`; '' for what a name says nothing of. Characters are kept as they are. */
export function unitSuffixes(unit: string): { readonly main: string; readonly per: string } {
  const slash = unit.indexOf('/');
  const main = (slash === -1 ? unit : unit.slice(0, slash)).trim();
  const per = slash === -1 ? '' : unit.slice(slash + 1).trim();
  const isAnnotation = /[{}]/;
  const perText = isAnnotation.test(per) ? '' : (PER.get(per) ?? per);
  return {
    main: isAnnotation.test(main) ? '' : (MAIN.get(main) ?? main),
    per: perText === '' ? '' : `per_${perText}`,
  };
}

const OF_MAIN: ReadonlyMap<string, string> = new Map([
  ...[...MAIN].filter(([, word]) => word !== '').map(([unit, word]): [string, string] => [word, unit]),
  ['ratio', '1'],
]);
const OF_PER: ReadonlyMap<string, string> = new Map([...PER].map(([unit, word]) => [word, unit]));

/** The way back, as of OpenMetrics' UNIT: `meters_per_second` as `m/s`. What is not known stays as it is. */
export function unitOfWords(words: string): string {
  const per = words.indexOf('_per_');
  const main = per === -1 ? words : words.slice(0, per);
  const rest = per === -1 ? '' : words.slice(per + 5);
  const unit = OF_MAIN.get(main) ?? main;
  return rest === '' ? unit : `${unit}/${OF_PER.get(rest) ?? rest}`;
}
