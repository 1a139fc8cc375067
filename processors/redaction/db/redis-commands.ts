// Commands of Redis and Valkey with `?` for the arguments that hold data, one command a line. Which ones these are is known
// per command, as in DataDog's obfuscator.

interface Command {
  readonly name: string;
  readonly args: string[];
}

/** The argument, counted from 0, that is hidden. */
const ONE_ARGUMENT: ReadonlyMap<string, number> = new Map([
  ...words('APPEND GETSET LPUSHX GEORADIUSBYMEMBER RPUSHX SET SETNX SISMEMBER ZRANK ZREVRANK ZSCORE', 1),
  ...words('HSETNX LREM LSET SETBIT SETEX PSETEX SETRANGE ZINCRBY SMOVE RESTORE', 2),
  ...words('LINSERT', 3),
]);
/** All arguments from this one on become a single `?`. */
const ALL_FROM: ReadonlyMap<string, number> = new Map([
  ...words('AUTH', 0),
  ...words('GEOHASH GEOPOS GEODIST LPUSH RPUSH SREM ZREM SADD', 1),
]);
/** From the first, the last of every so many is hidden. */
const EVERY: ReadonlyMap<string, readonly [from: number, step: number]> = new Map([
  ['GEOADD', [1, 3]],
  ['HSET', [1, 2]],
  ['HMSET', [1, 2]],
  ['MSET', [0, 2]],
  ['MSETNX', [0, 2]],
]);
const ZADD_OPTIONS = new Set(['NX', 'XX', 'CH', 'INCR']);
const HIDDEN = '?';

function words(names: string, argument: number): [string, number][] {
  return names.split(' ').map((name) => [name, argument]);
}

export function withoutRedisArguments(text: string): string {
  const commands: Command[] = [];
  for (const token of tokensOf(text.trim())) {
    if (token.isCommand) commands.push({ name: token.text, args: [] });
    else commands.at(-1)?.args.push(token.text);
  }
  return commands
    .filter(({ name }, index) => name !== '' || index === commands.length - 1)
    .map(obfuscated)
    .join('\n');
}

function obfuscated({ name, args }: Command): string {
  if (args.length === 0) return name;
  const upper = name.toUpperCase();
  const one = ONE_ARGUMENT.get(upper);
  const from = ALL_FROM.get(upper);
  const every = EVERY.get(upper);
  if (one !== undefined) hide(args, one);
  else if (from !== undefined) {
    if (args.length > from) args.splice(from, args.length, HIDDEN);
  } else if (every !== undefined) hideEvery(args, every[0], every[1]);
  else if (upper === 'CONFIG' && args[0]?.toUpperCase() === 'SET') hide(args, 2);
  else if (upper === 'BITFIELD') hideSetValue(args);
  else if (upper === 'ZADD') {
    const score = args.findIndex((arg, index) => index > 0 && !ZADD_OPTIONS.has(arg));
    hideEvery(args, score < 0 ? args.length - 1 : score, 2);
  }
  return `${name} ${args.join(' ')}`;
}

function hide(args: string[], index: number): void {
  if (index < args.length) args[index] = HIDDEN;
}

function hideEvery(args: string[], from: number, step: number): void {
  for (let index = from + step - 1; index < args.length; index += step) args[index] = HIDDEN;
}

/** BITFIELD key [… SET type offset value …]: the value of a SET, the last one before three arguments follow. */
function hideSetValue(args: string[]): void {
  let set = 0;
  for (const [index, arg] of args.entries()) {
    if (arg.toUpperCase() === 'SET') set = index;
    if (set === 0 || index - set !== 3) continue;
    args[index] = HIDDEN;
    return;
  }
}

interface Token {
  readonly text: string;
  readonly isCommand: boolean;
}

/** Commands up to a space, then arguments, which may be quoted, up to the end of the line. There is always one. */
function* tokensOf(text: string): Generator<Token> {
  let at = 0;
  let isCommand = true;
  for (let isLast = false; !isLast;) {
    const ofCommand = isCommand;
    let token = '';
    let isQuoted = false;
    let isEscaped = false;
    isLast = true;
    for (let started = false; at < text.length; started = true) {
      const character = text.charAt(at++);
      if (!isQuoted && (character === '\n' || character === ' ')) {
        if (character === ' ') at = behindSpaces(text, at);
        const endsLine = character === '\n' || text[at] === '\n';
        if (endsLine && character === ' ') at += 1;
        // Spaces before a command are no part of it.
        if (character === ' ' && ofCommand && !started) continue;
        isCommand = endsLine;
        isLast = false;
        break;
      }
      token += character;
      if (ofCommand) continue;
      if (character === '"' && !isEscaped) isQuoted = !isQuoted;
      isEscaped = character === '\\' && !isEscaped;
    }
    yield { text: token, isCommand: ofCommand };
  }
}

function behindSpaces(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r'.includes(text.charAt(at))) at += 1;
  return at;
}
