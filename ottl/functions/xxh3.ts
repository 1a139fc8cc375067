// XXH3 with 64 and 128 bits, seed 0, over bigint. Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.

const PRIME32_1 = 0x9e3779b1n;
const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
const PRIME64_1 = 0x9e3779b185ebca87n;
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const PRIME_MX1 = 0x165667919e3779f9n;
const PRIME_MX2 = 0x9fb21c651e98df25n;

/** The default secret of the specification. */
const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248e' +
    'e03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d' +
    '8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc' +
    '8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
);

const STRIPE_BYTES = 64;
const BLOCK_BYTES = 1_024;
const LONG_BYTES = 240;

/** 64 bits as 16 hex digits, most significant first. */
export function xxh3(data: Uint8Array): string {
  const input = bufferOf(data);
  return hex(hash64(input));
}

/** 128 bits as 32 hex digits, most significant first. */
export function xxh128(data: Uint8Array): string {
  const input = bufferOf(data);
  const { low, high } = hash128(input);
  return hex(high) + hex(low);
}

function bufferOf(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.length);
}

function hex(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}

function hash64(input: Buffer): bigint {
  const { length } = input;
  if (length <= 16) return hashShort64(input);
  if (length > LONG_BYTES) return merge(accumulated(input), 11, u64(BigInt(length) * PRIME64_1));
  let sum = u64(BigInt(length) * PRIME64_1);
  if (length <= 128) {
    for (let pair = Math.floor((length - 1) / 32); pair >= 0; pair -= 1) {
      sum += mix16(input, pair * 16, pair * 32) + mix16(input, length - 16 * (pair + 1), pair * 32 + 16);
    }
    return avalanche(u64(sum));
  }
  for (let at = 0; at < 128; at += 16) sum += mix16(input, at, at);
  sum = avalanche(u64(sum));
  for (let at = 128; at + 16 <= length; at += 16) sum += mix16(input, at, at - 128 + 3);
  return avalanche(u64(sum + mix16(input, length - 16, 119)));
}

function hashShort64(input: Buffer): bigint {
  const { length } = input;
  if (length === 0) return avalanche64(secret(56) ^ secret(64));
  if (length <= 3) return avalanche64(combined(input) ^ (secret32(0) ^ secret32(4)));
  if (length <= 8) {
    const keyed =
      (BigInt(input.readUInt32LE(length - 4)) + (BigInt(input.readUInt32LE(0)) << 32n)) ^ (secret(8) ^ secret(16));
    return scatter(keyed, length);
  }
  const low = input.readBigUInt64LE(0) ^ (secret(24) ^ secret(32));
  const high = input.readBigUInt64LE(length - 8) ^ (secret(40) ^ secret(48));
  return avalanche(u64(BigInt(length) + swap64(low) + high + fold(low, high)));
}

/** Up to three bytes and their number in one 32-bit number. */
function combined(input: Buffer): bigint {
  const { length } = input;
  const first = input.readUInt8(0);
  const middle = input.readUInt8(length >> 1);
  const last = input.readUInt8(length - 1);
  return BigInt(((first << 16) | (middle << 24) | last | (length << 8)) >>> 0);
}

interface Wide {
  readonly low: bigint;
  readonly high: bigint;
}

function hash128(input: Buffer): Wide {
  const { length } = input;
  if (length <= 16) return hashShort128(input);
  const size = BigInt(length);
  if (length > LONG_BYTES) {
    const lanes = accumulated(input);
    const low = merge(lanes, 11, u64(size * PRIME64_1));
    return { low, high: merge(lanes, 117, u64(~u64(size * PRIME64_2))) };
  }
  let sum: Wide = { low: u64(size * PRIME64_1), high: 0n };
  if (length <= 128) {
    for (let pair = Math.floor((length - 1) / 32); pair >= 0; pair -= 1) {
      sum = mix32(sum, input, { first: pair * 16, second: length - 16 * (pair + 1), secretAt: pair * 32 });
    }
  } else {
    for (let at = 0; at < 128; at += 32) sum = mix32(sum, input, { first: at, second: at + 16, secretAt: at });
    sum = { low: avalanche(sum.low), high: avalanche(sum.high) };
    for (let at = 128; at + 32 <= length; at += 32) {
      sum = mix32(sum, input, { first: at, second: at + 16, secretAt: at - 128 + 3 });
    }
    sum = mix32(sum, input, { first: length - 16, second: length - 32, secretAt: 103 });
  }
  const high = u64(sum.low * PRIME64_1 + sum.high * PRIME64_4 + size * PRIME64_2);
  return { low: avalanche(u64(sum.low + sum.high)), high: u64(-avalanche(high)) };
}

function hashShort128(input: Buffer): Wide {
  const { length } = input;
  if (length === 0) return { low: avalanche64(secret(64) ^ secret(72)), high: avalanche64(secret(80) ^ secret(88)) };
  if (length <= 3) {
    const low = combined(input);
    const swapped = Number(swap32(low));
    const high = BigInt(((swapped << 13) | (swapped >>> 19)) >>> 0);
    return {
      low: avalanche64(low ^ (secret32(0) ^ secret32(4))),
      high: avalanche64(high ^ (secret32(8) ^ secret32(12))),
    };
  }
  if (length <= 8) {
    const value = BigInt(input.readUInt32LE(0)) + (BigInt(input.readUInt32LE(length - 4)) << 32n);
    const product = (value ^ (secret(16) ^ secret(24))) * (PRIME64_1 + BigInt(length << 2));
    const high = u64((product >> 64n) + (u64(product) << 1n));
    let low = u64(product) ^ (high >> 3n);
    low = u64((low ^ (low >> 35n)) * PRIME_MX2);
    return { low: low ^ (low >> 28n), high: avalanche(high) };
  }
  const first = input.readBigUInt64LE(0);
  const last = input.readBigUInt64LE(length - 8);
  const product = (first ^ last ^ (secret(32) ^ secret(40))) * PRIME64_1;
  const keyed = last ^ (secret(48) ^ secret(56));
  const high = u64((product >> 64n) + keyed + (keyed & 0xffff_ffffn) * (PRIME32_2 - 1n));
  const low = u64(u64(product) + (BigInt(length - 1) << 54n)) ^ swap64(high);
  const mixed = low * PRIME64_2;
  return { low: avalanche(u64(mixed)), high: avalanche(u64((mixed >> 64n) + high * PRIME64_2)) };
}

/** The eight lanes after all of an input of more than 240 bytes. */
function accumulated(input: Buffer): readonly bigint[] {
  const lanes = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1];
  const { length } = input;
  const blocks = Math.floor((length - 1) / BLOCK_BYTES);
  for (let block = 0; block < blocks; block += 1) {
    for (let stripe = 0; stripe < 16; stripe += 1) {
      addStripe(lanes, input, block * BLOCK_BYTES + stripe * STRIPE_BYTES, stripe * 8);
    }
    for (const [lane, value] of lanes.entries()) {
      lanes[lane] = u64((value ^ (value >> 47n) ^ secret(128 + lane * 8)) * PRIME32_1);
    }
  }
  const stripes = Math.floor((length - 1 - blocks * BLOCK_BYTES) / STRIPE_BYTES);
  for (let stripe = 0; stripe < stripes; stripe += 1) {
    addStripe(lanes, input, blocks * BLOCK_BYTES + stripe * STRIPE_BYTES, stripe * 8);
  }
  addStripe(lanes, input, length - STRIPE_BYTES, 121);
  return lanes;
}

function addStripe(lanes: bigint[], input: Buffer, at: number, secretAt: number): void {
  for (let lane = 0; lane < 8; lane += 1) {
    const value = input.readBigUInt64LE(at + lane * 8);
    const key = value ^ secret(secretAt + lane * 8);
    lanes[lane ^ 1] = u64((lanes[lane ^ 1] ?? 0n) + value);
    lanes[lane] = u64((lanes[lane] ?? 0n) + (key & 0xffff_ffffn) * (key >> 32n));
  }
}

function merge(lanes: readonly bigint[], secretAt: number, start: bigint): bigint {
  let sum = start;
  for (let lane = 0; lane < 8; lane += 2) {
    const first = (lanes[lane] ?? 0n) ^ secret(secretAt + lane * 8);
    sum += fold(first, (lanes[lane + 1] ?? 0n) ^ secret(secretAt + lane * 8 + 8));
  }
  return avalanche(u64(sum));
}

function mix16(input: Buffer, at: number, secretAt: number): bigint {
  return fold(input.readBigUInt64LE(at) ^ secret(secretAt), input.readBigUInt64LE(at + 8) ^ secret(secretAt + 8));
}

interface Places {
  readonly first: number;
  readonly second: number;
  readonly secretAt: number;
}

function mix32(sum: Wide, input: Buffer, { first, second, secretAt }: Places): Wide {
  const low = u64(sum.low + mix16(input, first, secretAt));
  const high = u64(sum.high + mix16(input, second, secretAt + 16));
  return { low: low ^ pairSum(input, second), high: high ^ pairSum(input, first) };
}

function pairSum(input: Buffer, at: number): bigint {
  return u64(input.readBigUInt64LE(at) + input.readBigUInt64LE(at + 8));
}

function secret(at: number): bigint {
  return SECRET.readBigUInt64LE(at);
}

function secret32(at: number): bigint {
  return BigInt(SECRET.readUInt32LE(at));
}

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** The halves of the 128-bit product, one xor the other. */
function fold(a: bigint, b: bigint): bigint {
  const product = a * b;
  return u64(product) ^ (product >> 64n);
}

/** XXH3's own final mix. */
function avalanche(value: bigint): bigint {
  const mixed = u64((value ^ (value >> 37n)) * PRIME_MX1);
  return mixed ^ (mixed >> 32n);
}

/** XXH64's final mix, which XXH3 uses for the shortest inputs. */
function avalanche64(value: bigint): bigint {
  let mixed = u64((value ^ (value >> 33n)) * PRIME64_2);
  mixed = u64((mixed ^ (mixed >> 29n)) * PRIME64_3);
  return mixed ^ (mixed >> 32n);
}

/** The specification's rrmxmx, for 4 to 8 bytes. */
function scatter(value: bigint, length: number): bigint {
  let mixed = value ^ rotate(value, 49n) ^ rotate(value, 24n);
  mixed = u64(mixed * PRIME_MX2);
  mixed = u64((mixed ^ ((mixed >> 35n) + BigInt(length))) * PRIME_MX2);
  return mixed ^ (mixed >> 28n);
}

function rotate(value: bigint, by: bigint): bigint {
  return u64((value << by) | (value >> (64n - by)));
}

function swap64(value: bigint): bigint {
  scratch.writeBigUInt64LE(value);
  return scratch.readBigUInt64BE();
}

function swap32(value: bigint): bigint {
  scratch.writeUInt32LE(Number(value));
  return BigInt(scratch.readUInt32BE());
}

const scratch = Buffer.alloc(8);
