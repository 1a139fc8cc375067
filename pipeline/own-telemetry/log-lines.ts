// How log lines look: the collector's console form (time, level, message, fields; separated by tabs) for people.

/** pino's numbers for the levels used here, and the collector's words. */
const LEVEL_NAMES: ReadonlyMap<number, string> = new Map([
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);

export function levelName(level: number): string {
  return LEVEL_NAMES.get(level) ?? 'info';
}

export interface LogEntry {
  readonly timeUnixMs: number;
  readonly level: number;
  readonly message: string;
  /** The logger's own fields (component), then those of the line. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `2026-01-02T03:04:05.678Z	info	message	{"name":value}` and a line end. */
export function consoleLine(entry: LogEntry): string {
  const head = `${new Date(entry.timeUnixMs).toISOString()}\t${levelName(entry.level)}\t${harmless(entry.message)}`;
  const fields = fieldsText(entry.fields);
  return fields === '' ? `${head}\n` : `${head}\t${fields}\n`;
}

/**
 * Control characters would drive the reader's terminal. Line breaks stay: messages are constant sentences, but for those
 * of the debug exporter, whose text has lines.
 */
function harmless(message: string): string {
  // eslint-disable-next-line no-control-regex
  return message.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) =>
    JSON.stringify(character).slice(1, -1),
  );
}

function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const name in fields) {
    const value = jsonOf(fields[name]);
    if (value !== undefined) text += `${text === '' ? '{' : ', '}${JSON.stringify(name)}: ${value}`;
  }
  return text === '' ? '' : `${text}}`;
}

/** What JSON can not hold is written as text. */
function jsonOf(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return JSON.stringify(value.message);
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(String(value));
  }
}
