// What has to hold for any log, whatever is done to it: random appends, settlements, restarts, crashes and damage.

import assert from 'node:assert/strict';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import type { LogRecord } from '../../pipeline/storage/storage.ts';
import { Folder, numbered, numberOf, openedLog } from './storing.ts';

/** Segments of 64 KiB, so that there are several. */
const SETTINGS = { settings: { fsync: false, maxBytes: 512 << 10 } };

/** Of fast-check. */
export interface Budget {
  readonly seed: number;
  readonly numRuns: number;
}

type Step =
  | { readonly kind: 'append'; readonly sizes: readonly number[] }
  | { readonly kind: 'settle'; readonly place: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'crash' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      sizes: fc.array(fc.integer({ min: 4, max: 9000 }), { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('settle' as const), place: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
);

/** Whatever is done to a log, crashes included, it has exactly what was taken and not settled. */
export async function checkModel(budget: Budget): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      let folder = new Folder();
      let { log, holder } = await openedLog(folder, SETTINGS);
      /** Taken and not settled, and settled ones that a crash may bring back. */
      const open = new Set<number>();
      const maybe = new Set<number>();
      let next = 0;
      const check = (): void => {
        const numbers = holder.numbers;
        assert.deepEqual(
          numbers.filter((number) => !maybe.has(number)),
          [...open].sort((a, b) => a - b),
        );
        assert.ok(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)));
      };
      for (const one of steps) {
        if (one.kind === 'append') {
          await Promise.all(
            one.sizes.map(async (size) => {
              const id = next;
              next += 1;
              try {
                await log.append(numbered(id, size));
                open.add(id);
              } catch {
                // Full: told, and nothing was taken.
              }
            }),
          );
        } else if (one.kind === 'settle') {
          const [record] = holder.records.splice(one.place % Math.max(1, holder.records.length), 1);
          if (record) {
            log.settle(record);
            open.delete(numberOf(record.batch));
            maybe.add(numberOf(record.batch));
          }
        } else if (one.kind === 'restart') {
          await log.release();
          ({ log, holder } = await openedLog(folder, SETTINGS));
          assert.deepEqual(
            holder.numbers.filter((number) => maybe.has(number)),
            [],
            'a clean end leaves no duplicates',
          );
        } else {
          const crashed = folder.crashed();
          await log.release();
          folder[Symbol.dispose]();
          folder = crashed;
          ({ log, holder } = await openedLog(folder, SETTINGS));
          for (const number of holder.numbers) if (maybe.has(number)) open.add(number);
          for (const number of holder.numbers) maybe.delete(number);
        }
        check();
      }
      await log.release();
      folder[Symbol.dispose]();
    }),
    budget,
  );
}

/** A cut or a changed byte anywhere costs what it hits and nothing else; nothing is invented. */
export async function checkDamage(budget: Budget): Promise<void> {
  const sizes = fc.array(fc.integer({ min: 4, max: 300 }), { minLength: 1, maxLength: 30 });
  const damage = fc.record({
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.boolean(),
    flip: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, damage, fc.boolean(), async (lengths, { place, cut, flip }, isClean) => {
      using folder = new Folder();
      const { log } = await openedLog(folder, SETTINGS);
      for (const [id, length] of lengths.entries()) await log.append(numbered(id, length));
      if (isClean) await log.release();
      using crashed = folder.crashed();
      if (!isClean) await log.release();
      const [name = ''] = crashed.files('.log');
      const file = path.join(crashed.log, name);
      const size = statSync(file).size;
      const at = Math.min(size - 1, Math.floor(place * size));
      if (cut) truncateSync(file, at);
      else {
        const bytes = readFileSync(file);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        writeFileSync(file, bytes);
      }
      const survivors: number[] = [];
      let offset = 0;
      for (const [id, length] of lengths.entries()) {
        const end = offset + 32 + length;
        if (cut ? end <= at : at < offset || at >= end) survivors.push(id);
        offset = end;
      }
      const after = await openedLog(crashed, SETTINGS);
      await settled(after.log.pending, after.holder.records);
      assert.deepEqual(after.holder.numbers, survivors);
      await after.log.release();
    }),
    budget,
  );
}

/** Waits until damaged records are accounted for. */
async function settled(pending: { readonly requests: number }, records: readonly LogRecord[]): Promise<void> {
  for (let round = 0; round < 400 && pending.requests !== records.length; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(pending.requests, records.length);
}
