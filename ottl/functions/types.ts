// Converters that ask for or change a value's type.

import { compileRe2, type Re2 } from '../../pipeline/regexp.ts';
import { parseFloat64, parseInt64, truncateToInt64 } from '../../pipeline/go-numbers.ts';
import { converter, type Converters, type Evaluate } from '../function.ts';
import { valueAsText } from '../text-of-value.ts';
import { Duration, Id, OttlEvaluationError, typeName, type OttlValue } from '../value.ts';
import { intOf, listOf, textOf } from './arguments.ts';

export const TYPE_CONVERTERS: Converters = {
  Bool: converter(['value'], ([value = null]) => toBool(value)),
  Double: converter(['value'], ([value = null]) => toDouble(value)),
  Int: converter(['value'], ([value = null]) => toInt(value)),
  String: converter(['value'], ([value = null]) => (value === null ? null : valueAsText(value))),
  Hex: converter(['value'], ([value = null]) => (value === null ? '' : hexOf(value))),
  IsBool: converter(['value'], ([value]) => typeof value === 'boolean'),
  IsDouble: converter(['value'], ([value]) => typeof value === 'number'),
  IsInt: converter(['value'], ([value]) => typeof value === 'bigint'),
  IsString: converter(['value'], ([value]) => typeof value === 'string'),
  IsMap: converter(['value'], ([value]) => value instanceof Map),
  IsList: converter(['value'], ([value]) => Array.isArray(value)),
  IsEmpty: converter(['value'], ([value = null]) => isEmpty(value)),
  IsMatch: { params: ['target', 'pattern'], prepare: ([, pattern]) => isMatch(pattern) },
  Coalesce: {
    params: ['values'],
    prepare([constant]) {
      if (Array.isArray(constant) && constant.length === 0) throw new Error('Coalesce requires at least one argument');
      return ([values]) => listOf(values).find((value) => value !== null) ?? null;
    },
  },
  Len: converter(['target'], ([target = null]) => BigInt(lengthOf(target))),
  Log: converter(['value'], ([value = null]) => logarithm(value)),
  ParseInt: converter(['target', 'base'], ([text, base]) => parseInBase(textOf(text), Number(intOf(base)))),
  IsValidLuhn: converter(['value'], ([value = null]) => isLuhn(value)),
};

function toBool(value: OttlValue): OttlValue {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value === 'number') return value !== 0;
  if (value === null) return null;
  if (typeof value !== 'string') throw unsupported(value);
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false;
  throw new OttlEvaluationError(`could not convert ${JSON.stringify(value)} to a bool`);
}

function toDouble(value: OttlValue): OttlValue {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (value === null) return null;
  if (typeof value !== 'string') throw unsupported(value);
  const number = parseFloat64(value);
  if (number === undefined) throw new OttlEvaluationError(`parsing ${JSON.stringify(value)}: invalid syntax`);
  return number;
}

function toInt(value: OttlValue): OttlValue {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncateToInt64(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (value === null) return null;
  if (typeof value !== 'string') throw unsupported(value);
  const number = parseInt64(value);
  if (number === undefined) throw new OttlEvaluationError(`parsing ${JSON.stringify(value)}: invalid syntax`);
  return number;
}

function unsupported(value: OttlValue): OttlEvaluationError {
  return new OttlEvaluationError(`unsupported type: ${typeName(value)}`);
}

function hexOf(value: OttlValue): string {
  if (typeof value === 'boolean') return value ? '01' : '00';
  if (typeof value === 'bigint' || typeof value === 'number') {
    const eight = Buffer.alloc(8);
    if (typeof value === 'bigint') eight.writeBigInt64BE(value);
    else eight.writeDoubleBE(value);
    return eight.toString('hex');
  }
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  throw unsupported(value);
}

function isEmpty(value: OttlValue): boolean {
  // The zero value of every type is empty, as in the collector.
  if (value === null || value === '' || value === false || value === 0 || value === 0n) return true;
  if (value instanceof Id) return value.bytes.every((byte) => byte === 0);
  if (value instanceof Duration) return value.nano === 0n;
  if (value instanceof Map) return value.size === 0;
  return (Array.isArray(value) || value instanceof Uint8Array) && value.length === 0;
}

/** Patterns that come with the item are compiled anew only when they change. */
function isMatch(constant: OttlValue | undefined): Evaluate {
  let source = constant === undefined ? undefined : textOf(constant);
  let pattern: Re2 | undefined = source === undefined ? undefined : compileRe2(source);
  return ([target = null, given]) => {
    if (target === null) return false;
    if (constant === undefined && given !== source) {
      pattern = compileRe2(textOf(given));
      source = pattern.source;
    }
    return pattern?.test(valueAsText(target)) ?? false;
  };
}

function lengthOf(value: OttlValue): number {
  // Go counts the bytes of a string.
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Map) return value.size;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  throw new OttlEvaluationError(`target arg must be of type string, list or map, not ${typeName(value)}`);
}

function logarithm(value: OttlValue): OttlValue {
  const number = toDouble(value);
  if (number === null) throw new OttlEvaluationError('invalid input: <nil>');
  if (typeof number !== 'number' || number <= 0) throw new OttlEvaluationError('greater than zero expected');
  return Math.log(number);
}

function parseInBase(text: string, base: number): OttlValue {
  if (text === '') throw new OttlEvaluationError('invalid target value for ParseInt function: empty');
  if (base !== 0 && (base < 2 || base > 36)) throw new OttlEvaluationError(`invalid base ${base}`);
  const sign = text.startsWith('-') ? -1n : 1n;
  let digits = text.replace(/^[-+]/, '').toLowerCase();
  let radix = base;
  if (base === 0) {
    const prefix = digits.slice(0, 2);
    radix = prefix === '0x' ? 16 : prefix === '0b' ? 2 : digits.startsWith('0') && digits.length > 1 ? 8 : 10;
    digits = digits.replace(/^0[xbo]/, '').replaceAll('_', '');
  }
  let value = 0n;
  for (const digit of digits) {
    const number = /[0-9a-z]/.test(digit) ? Number.parseInt(digit, 36) : Number.NaN;
    if (!(number < radix)) throw new OttlEvaluationError(`invalid syntax: ${text} is no number of base ${base}`);
    value = value * BigInt(radix) + BigInt(number);
    if (value > 2n ** 63n) throw new OttlEvaluationError(`value out of range: ${text}`);
  }
  const signed = sign * value;
  if (digits === '' || BigInt.asIntN(64, signed) !== signed)
    throw new OttlEvaluationError(`value out of range: ${text}`);
  return signed;
}

function isLuhn(value: OttlValue): boolean {
  if (value === null) throw new OttlEvaluationError('invalid input: <nil>');
  const digits = valueAsText(value).replaceAll(' ', '');
  if (digits === '') return false;
  if (!/^\d+$/.test(digits)) throw new OttlEvaluationError(`parsing ${JSON.stringify(digits)}: invalid syntax`);
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - index));
    const doubled = digit * (index % 2 === 1 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
