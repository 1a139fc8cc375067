import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { config } from '../../../extensions/pprof/config.ts';
import { Pprof } from '../../../extensions/pprof/server.ts';
import { runningContext } from '../running-context.ts';

const open: Pprof[] = [];
after(async () => {
  for (const extension of open) await extension.stop(AbortSignal.abort());
});

async function start(settings: object = {}) {
  const extension = new Pprof(config.parse({ endpoint: '127.0.0.1:0', ...settings }), runningContext('pprof').context);
  await extension.start();
  open.push(extension);
  return { extension, get: (url: string) => fetch(`http://${extension.bound[0]}${url}`) };
}

void test('a CPU and a heap profile, one at a time', async () => {
  const { get } = await start();
  assert.match(await (await get('/debug/pprof/')).text(), /cpuprofile/);
  const first = get('/debug/pprof/profile?seconds=0.2');
  const second = await get('/debug/pprof/profile?seconds=0.2');
  const cpu = await first;
  assert.deepEqual(
    [cpu.status, second.status].toSorted((a, b) => a - b),
    [200, 503],
  );
  assert(JSON.parse(await cpu.text()).nodes.length > 0);
  const heap = await get('/debug/pprof/heap?seconds=0.05');
  assert.equal(heap.headers.get('content-disposition'), 'attachment; filename="genesis-agent.heapprofile"');
  assert(JSON.parse(await heap.text()).head);
  for (const query of ['seconds=0', 'seconds=x', 'seconds=601']) {
    assert.equal((await get(`/debug/pprof/profile?${query}`)).status, 400, query);
  }
  assert.equal((await get('/debug/pprof/goroutine')).status, 404);
});

void test('stopping ends a profile early', async () => {
  const { get, extension } = await start();
  const long = get('/debug/pprof/profile?seconds=600');
  while ((await get('/debug/pprof/profile?seconds=600')).status !== 503);
  const deadline = new AbortController();
  await extension.stop(deadline.signal);
  assert(JSON.parse(await (await long).text()).nodes.length > 0);
});

void test('save_to_file writes the profile of the whole run', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pprof-'));
  const file = path.join(folder, 'whole.cpuprofile');
  const { extension, get } = await start({ save_to_file: file });
  assert.equal((await get('/debug/pprof/profile')).status, 503);
  await extension.stop(AbortSignal.timeout(1_000));
  assert(JSON.parse(await readFile(file, 'utf8')).nodes.length > 0);
  await rm(folder, { recursive: true });
});

void test("contrib's keys are accepted, others refused", () => {
  const settings = {
    endpoint: ':1888',
    block_profile_fraction: 3,
    mutex_profile_fraction: 5,
    dialer: { timeout: '1s' },
  };
  assert.equal(config.safeParse(settings).success, true);
  assert.equal(config.safeParse({ port: 1 }).success, false);
});
