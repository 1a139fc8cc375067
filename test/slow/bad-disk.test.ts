// A disk that answers EIO (test/support/bad-disk.c): what was acknowledged is there, what was not is refused, and what can
// not be read costs itself.

import assert from 'node:assert/strict';
import { execFileSync, fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Answer, Command, Look } from '../support/log-driver.ts';
import { NAME } from '../support/storing.ts';

const SOURCE = fileURLToPath(new URL('../support/bad-disk.c', import.meta.url));
const DRIVER = fileURLToPath(new URL('../support/log-driver.ts', import.meta.url));
const missing =
  process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0 ? false : 'needs gcc, on Linux';
const built = mkdtempSync(path.join(os.tmpdir(), 'bad-disk-'));
const library = path.join(built, 'bad-disk.so');

before(() => {
  if (missing) return;
  execFileSync('gcc', ['-Wall', '-Werror', '-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl']);
});
after(() => rmSync(built, { recursive: true, force: true }));

/** A log in a process of its own, whose disk does as `plan` says. */
class BadDisk {
  readonly folder: string;
  readonly #plan: string;
  #child: ChildProcess | undefined;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'bad-disk-log-'));
    this.#plan = `${this.folder}.plan`;
    this.plan();
    t.after(() => {
      this.#child?.kill('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true });
      rmSync(this.#plan, { force: true });
    });
  }

  plan(...rules: readonly string[]): void {
    writeFileSync(this.#plan, rules.join('\n'));
  }

  async open(fsync: boolean | number = true): Promise<void> {
    const env = { ...process.env, LD_PRELOAD: library, BAD_DISK_FOLDER: this.folder, BAD_DISK_PLAN: this.#plan };
    this.#child = fork(DRIVER, { env, execArgv: [], serialization: 'advanced' });
    await this.#ask({ ask: 'open', directory: this.folder, fsync });
  }

  async append(ids: readonly number[], length = 1000): Promise<readonly (string | undefined)[]> {
    const answer = await this.#ask({ ask: 'append', ids, length });
    assert.ok(Array.isArray(answer));
    return answer;
  }

  async settle(ids: readonly number[]): Promise<void> {
    await this.#ask({ ask: 'settle', ids });
  }

  async look(): Promise<Look> {
    const answer = await this.#ask({ ask: 'look' });
    assert.ok(typeof answer === 'object' && 'numbers' in answer);
    return answer;
  }

  async until(holds: (look: Look) => boolean): Promise<Look> {
    for (;;) {
      const look = await this.look();
      if (holds(look)) return look;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Appends until the disk is tried again and takes it. */
  async appendAgain(id: number): Promise<void> {
    while ((await this.append([id]))[0] !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async release(): Promise<void> {
    await this.#ask({ ask: 'release' });
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  files(ending: string): string[] {
    return readdirSync(path.join(this.folder, NAME)).filter((name) => name.endsWith(ending));
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async #ask(command: Command): Promise<Answer> {
    const child = this.#child;
    assert.ok(child);
    const heard = once(child, 'message');
    child.send(command);
    // What log-driver.ts sends.
    const [{ answer, error }] = (await heard) as [{ answer?: Answer; error?: string }];
    assert.equal(error, undefined);
    assert.ok(answer !== undefined);
    return answer;
  }
}

const options = { skip: missing, timeout: 20_000 };

void test(
  'a sync that fails refuses, and what it lost is behind nothing that is acknowledged later',
  options,
  async (t) => {
    const disk = new BadDisk(t);
    await disk.open();
    assert.deepEqual(await disk.append([0, 1, 2]), [undefined, undefined, undefined]);
    disk.plan('sync');
    const [refused] = await disk.append([3]);
    assert.match(refused ?? '', /EIO/);
    assert.match((await disk.look()).failing ?? '', /EIO/);
    disk.plan();
    await disk.appendAgain(4);
    assert.equal((await disk.look()).failing, undefined);
    assert.deepEqual(await disk.append([5]), [undefined]);
    assert.deepEqual((await disk.look()).numbers, [0, 1, 2, 4, 5]);
    await disk.kill();
    await disk.open();
    const { numbers, lost } = await disk.until(({ numbers: there }) => there.length >= 5);
    assert.deepEqual([numbers, lost], [[0, 1, 2, 4, 5], 0]);
    await disk.release();
  },
);

void test('a sync by interval that fails ends its file, and later data is whole', options, async (t) => {
  const disk = new BadDisk(t);
  await disk.open(10);
  await disk.append([0]);
  await disk.until(({ syncs }) => syncs === 1);
  disk.plan('sync');
  // Acknowledged: the interval says how much may be lost. What is in memory is sent all the same.
  assert.deepEqual(await disk.append([1]), [undefined]);
  await disk.until(({ failing }) => failing !== undefined);
  disk.plan();
  await disk.appendAgain(2);
  await disk.append([3]);
  const { syncs, numbers } = await disk.look();
  assert.deepEqual(numbers, [0, 1, 2, 3]);
  await disk.until((look) => look.syncs > syncs);
  assert.equal(disk.files('.log').length, 2);
  await disk.kill();
  await disk.open();
  // Number 1 is zeros now, in a file of which the others come all the same.
  const there = await disk.until((look) => look.numbers.includes(3));
  assert.deepEqual(there.numbers, [0, 2, 3]);
  await disk.release();
});

void test('writes that fail are refused, and taken again when the disk takes them', options, async (t) => {
  const disk = new BadDisk(t);
  await disk.open();
  await disk.append([0]);
  disk.plan('write');
  assert.match((await disk.append([1]))[0] ?? '', /EIO/);
  disk.plan('open .log');
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.match((await disk.append([2]))[0] ?? '', /EIO/);
  disk.plan();
  await disk.appendAgain(3);
  await disk.kill();
  await disk.open();
  assert.deepEqual((await disk.until(({ numbers }) => numbers.length >= 2)).numbers, [0, 3]);
  await disk.release();
});

void test('pages that can not be read cost the records on them, at the start and later', options, async (t) => {
  for (const isSealed of [true, false]) {
    const disk = new BadDisk(t);
    await disk.open();
    // Ten records of about 10 kB in one file.
    for (let id = 0; id < 10; id += 1) await disk.append([id], 10_000);
    await (isSealed ? disk.release() : disk.kill());
    disk.plan('read 32768 36864');
    await disk.open();
    const { numbers, lost, damages } = await disk.until((look) => look.damages > 0 && look.numbers.length >= 8);
    assert.deepEqual([numbers, lost, damages], [[0, 1, 2, 4, 5, 6, 7, 8, 9], 1, 1], `sealed: ${isSealed}`);
    await disk.settle(numbers);
    await disk.until(({ pending }) => pending === 0);
    await disk.release();
    assert.deepEqual([disk.files('.log').length, disk.files('.damaged').length], [0, 1]);
  }
});

void test('the end of a file that can not be read is damage, not a torn write', options, async (t) => {
  const disk = new BadDisk(t);
  await disk.open();
  for (let id = 0; id < 3; id += 1) await disk.append([id], 10_000);
  await disk.kill();
  disk.plan('read 20480 40960');
  await disk.open();
  const { numbers, damages } = await disk.until((look) => look.damages > 0);
  assert.deepEqual([numbers, damages], [[0, 1], 1]);
  await disk.settle(numbers);
  await disk.release();
  assert.equal(disk.files('.damaged').length, 1);
});

void test('settlements that can not be read mean that data may come twice, and is announced so', options, async (t) => {
  const disk = new BadDisk(t);
  await disk.open();
  await disk.append([0, 1, 2]);
  await disk.settle([0]);
  await disk.release();
  disk.plan('read-ack');
  await disk.open();
  const { numbers, possibleDuplicates } = await disk.until((look) => look.numbers.length === 3);
  assert.deepEqual([numbers, possibleDuplicates], [[0, 1, 2], 3]);
  await disk.release();
});

void test('a file that can not be removed counts on, and is removed later', options, async (t) => {
  const disk = new BadDisk(t);
  await disk.open();
  await disk.append([0, 1]);
  await disk.kill();
  await disk.open();
  await disk.until(({ numbers }) => numbers.length === 2);
  disk.plan('unlink');
  await disk.settle([0, 1]);
  const { diskBytes } = await disk.until(({ lines }) => lines.includes('Tidying up the queue on disk failed'));
  assert.ok(diskBytes > 2000);
  disk.plan();
  await disk.until((look) => look.diskBytes === 0);
  assert.deepEqual(disk.files('.log'), []);
  await disk.release();
});

void test('a file that can not be made durable by name is not left behind', options, async (t) => {
  const disk = new BadDisk(t);
  await disk.open();
  disk.plan(`open ${NAME}`);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    assert.match((await disk.append([attempt]))[0] ?? '', /EIO/);
    await new Promise((resolve) => setTimeout(resolve, 260));
  }
  disk.plan();
  assert.equal(disk.files('.log').length, 0);
  await disk.appendAgain(9);
  await disk.release();
});
