import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BodyCorrupt, BodyTooLarge } from '../../../pipeline/transport/body-errors.ts';
import { compress, decompress, encodingOf } from '../../../pipeline/transport/compression.ts';
import { crc32c } from '../../../pipeline/transport/crc32c.ts';

const ENCODINGS = ['gzip', 'zstd', 'deflate', 'snappy', 'x-snappy-framed'] as const;

/** Bytes with repetitions, so that matches are found. */
const bodies = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constant(Buffer.from('the same again and again ')),
      fc.nat(300).map((n) => Buffer.alloc(n, 7)),
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.concat(parts));

for (const encoding of ENCODINGS) {
  void test(`${encoding} gives back what it was given, large or small`, async () => {
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const plain = await decompress(encoding, await compress(encoding, body), 1 << 20);
        assert.deepEqual(Buffer.from(plain), body);
      }),
      { seed: 31, numRuns: 100 },
    );
    const large = Buffer.alloc(700_000, 'abcdefghij-');
    const packed = await compress(encoding, large);
    assert.ok(packed.length < large.length / 10);
    assert.deepEqual(Buffer.from(await decompress(encoding, packed, 1 << 20)), large);
  });

  void test(`${encoding} stops at the limit, and nonsense is corrupt`, async () => {
    const bomb = await compress(encoding, Buffer.alloc(1 << 20));
    await assert.rejects(async () => decompress(encoding, bomb, 1000), BodyTooLarge);
    await assert.rejects(
      async () => decompress(encoding, Buffer.from('this is nothing of the kind'), 1000),
      BodyCorrupt,
    );
    const cut = (await compress(encoding, Buffer.from('some text that is long enough'))).subarray(0, -3);
    await assert.rejects(async () => decompress(encoding, cut, 1000), BodyCorrupt);
  });

  void test(`${encoding} never reads or writes outside, whatever the bytes`, async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.nat(), fc.nat(255), async (body, at, byte) => {
        const packed = Buffer.from(await compress(encoding, body));
        if (packed.length > 0) packed[at % packed.length] = byte;
        try {
          await decompress(encoding, packed, 100_000);
        } catch (error) {
          assert.ok(error instanceof BodyCorrupt || error instanceof BodyTooLarge, String(error));
        }
      }),
      { seed: 32, numRuns: 200 },
    );
  });
}

void test('CRC-32C is that of RFC 3720, appendix B.4', () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, index) => index))), 0x46dd794e);
});

void test('encodings go by the names on the wire', () => {
  assert.equal(encodingOf(undefined), 'identity');
  assert.equal(encodingOf('zlib'), 'deflate');
  assert.equal(encodingOf('br'), undefined);
});
