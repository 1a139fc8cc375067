// Editors that write values, lists and whole maps.

import { jsValueText } from '../../../proto/otlp/value-text.ts';
import { editor, type Edit, type EditorCall, type Editors } from '../../editor.ts';
import { toJsValue } from '../../text-of-value.ts';
import { OttlEvaluationError, typeName, type OttlValue } from '../../value.ts';
import { boolOf, intOf, listOf, mapOf, textOf } from '../arguments.ts';

export const VALUE_EDITORS: Editors = {
  set: {
    params: ['target', 'value'],
    isBlind: true,
    prepare:
      ({ allowNil }) =>
      (_current, [value]) =>
        value === null && !allowNil ? undefined : value,
  },
  append: {
    params: ['target', 'value?', 'values?'],
    prepare({ isGiven }) {
      if (!isGiven.includes(true)) {
        throw new Error("at least one of the optional arguments ('value' or 'values') must be provided");
      }
      return append;
    },
  },
  delete_index: editor(['target', 'start_index', 'end_index?'], (current, [start, end]) => {
    const list = listOf(current);
    const first = Number(intOf(start));
    const last = end === undefined ? first + 1 : Number(intOf(end));
    if (first === 0 && last === list.length) return [];
    if (first < 0 || first >= list.length || last < first || last > list.length) {
      throw new OttlEvaluationError(
        `deletion range [${first}:${last}] out of bounds for slice of length ${list.length}`,
      );
    }
    return list.filter((_, index) => index < first || index >= last);
  }),
  merge_maps: { params: ['target', 'source', 'strategy'], prepare: mergeMaps },
  stringify_all: editor(['target'], (current) => {
    const map = mapOf(current);
    for (const [key, value] of map) {
      if (typeof value !== 'string') map.set(key, jsValueText(toJsValue(value)));
    }
    return undefined;
  }),
  truncate_all: { params: ['target', 'limit', 'utf8_safe?', 'truncation_marker?'], prepare: truncateAll },
};

const append: Edit = (current, [value, values]) => {
  if (current instanceof Map) {
    throw new OttlEvaluationError(`unsupported type of target field: ${typeName(current)}`);
  }
  const list = current === null ? [] : Array.isArray(current) ? current : [current];
  const added = value === undefined ? [] : [value];
  return [...list, ...added, ...(values === undefined ? [] : listOf(values))];
};

function mergeMaps({ constants }: EditorCall): Edit {
  const strategy = constants[1];
  if (strategy !== 'insert' && strategy !== 'update' && strategy !== 'upsert') {
    const seen = typeof strategy === 'string' ? strategy : 'no constant';
    throw new Error(`invalid value for strategy, ${seen}, must be 'insert', 'update' or 'upsert'`);
  }
  return (current, [source]) => {
    const target = mapOf(current);
    for (const [key, value] of mapOf(source)) {
      if (strategy === 'upsert' || target.has(key) === (strategy === 'update')) target.set(key, toJsValue(value));
    }
    return undefined;
  };
}

function truncateAll({ constants: [limit, safe, mark], isGiven }: EditorCall): Edit {
  if (limit === undefined || (isGiven[1] && safe === undefined) || (isGiven[2] && mark === undefined)) {
    throw new Error('limit, utf8_safe and truncation_marker must be constants');
  }
  const most = Number(intOf(limit));
  if (most < 0) throw new Error(`invalid limit for truncate_all function, ${most} cannot be negative`);
  const isSafe = safe === undefined || boolOf(safe);
  const marker = mark === undefined ? '' : textOf(mark);
  const markerSize = Buffer.byteLength(marker);
  if (markerSize > most) {
    throw new Error(
      `invalid truncation marker for truncate_all function, length of marker ${markerSize} cannot be greater than limit ${most}`,
    );
  }
  return (current) => {
    const map = mapOf(current);
    for (const [key, value] of map) {
      if (typeof value !== 'string' || Buffer.byteLength(value) <= most) continue;
      map.set(key, truncated(value, most - markerSize, isSafe) + marker);
    }
    return undefined;
  };
}

/** The first bytes of a text. Half a character at the end is left out, or, where it may not be, becomes U+FFFD. */
function truncated(text: string, size: number, isSafe: boolean): string {
  const bytes = Buffer.from(text);
  let end = size;
  if (isSafe) while (end > 0 && isContinuation(bytes[end])) end -= 1;
  return bytes.subarray(0, end).toString();
}

function isContinuation(byte: OttlValue | undefined): boolean {
  return typeof byte === 'number' && (byte & 0xc0) === 0x80;
}
