import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { limitFiles } from '../../../processors/memory_limiter/control-groups.ts';

void test('version 2: the own group and all above it', () => {
  assert.deepEqual(limitFiles('0::/system.slice/genesis-agent.service\n'), [
    '/sys/fs/cgroup/system.slice/genesis-agent.service/memory.max',
    '/sys/fs/cgroup/system.slice/memory.max',
    '/sys/fs/cgroup/memory.max',
  ]);
  assert.deepEqual(limitFiles('0::/\n'), ['/sys/fs/cgroup/memory.max']);
});

void test('version 1: the group of the memory controller; names may have colons', () => {
  assert.deepEqual(limitFiles('9:name=systemd:/x\n5:cpu,memory:/docker/a:b\n4:cpuset:/y\n'), [
    '/sys/fs/cgroup/memory/docker/a:b/memory.limit_in_bytes',
    '/sys/fs/cgroup/memory/docker/memory.limit_in_bytes',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes',
  ]);
});

void test('no control groups, no files', () => {
  assert.deepEqual(limitFiles(''), []);
  assert.deepEqual(limitFiles('nonsense\n'), []);
});

/** A group that this test may make, with a limit above it: its file for processes, and what takes both away. */
function limitedGroup(limitBytes: number): { readonly members: string; readonly remove: () => void } | undefined {
  const mount = '/sys/fs/cgroup/memory';
  if (!existsSync(`${mount}/memory.limit_in_bytes`)) return undefined;
  const outer = `${mount}/genesis-agent-test-${process.pid}`;
  const inner = `${outer}/inner`;
  try {
    mkdirSync(inner, { recursive: true });
    writeFileSync(`${outer}/memory.limit_in_bytes`, String(limitBytes));
  } catch {
    return undefined;
  }
  const remove = (): void => {
    rmdirSync(inner);
    rmdirSync(outer);
  };
  return { members: `${inner}/cgroup.procs`, remove };
}

void test('a limit of a real group above the own one holds', (context) => {
  const group = limitedGroup(1 << 30);
  if (!group) {
    context.skip('needs control groups of version 1 and the right to make one');
    return;
  }
  try {
    const module = fileURLToPath(new URL('../../../processors/memory_limiter/control-groups.ts', import.meta.url));
    const script = `import { controlGroupLimitBytes } from ${JSON.stringify(module)}; console.log(controlGroupLimitBytes());`;
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', 'echo $$ > "$0" && exec "$1" --input-type=module -e "$2"', group.members, process.execPath, script],
      { encoding: 'utf8' },
    );
    assert.equal(stdout.trim(), String(1 << 30), stderr);
  } finally {
    group.remove();
  }
});
