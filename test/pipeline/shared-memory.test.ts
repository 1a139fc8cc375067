import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedMemory } from '../../pipeline/shared-memory.ts';

void test('an owner finds its block again, in every thread, while its size stays', () => {
  const [main, thread] = [new SharedMemory(), new SharedMemory()];
  const block = main.of('extension:a', 64);
  thread.use(main.blocks);
  assert.equal(main.of('extension:a', 64), block);
  assert.equal(thread.of('extension:a', 64), block);
  assert.notEqual(main.of('extension:b', 64), block);
  assert.notEqual(main.of('extension:a', 128), block);
});

void test('the blocks of owners that are no more are forgotten', () => {
  const memory = new SharedMemory();
  const block = memory.of('extension:a', 64);
  memory.of('extension:b', 64);
  memory.keepOnly(new Map([['extension:a', {}]]));
  assert.deepEqual([...memory.blocks.keys()], ['extension:a']);
  assert.equal(memory.of('extension:a', 64), block);
});
