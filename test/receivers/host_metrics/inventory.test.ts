// What the host is, as files of machines say it.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { linuxInventory } from '../../../receivers/host_metrics/inventory-linux.ts';
import { inventoryFields } from '../../../receivers/host_metrics/inventory.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'inventory-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(folder, 'machine-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

const SOON = (): AbortSignal => AbortSignal.timeout(5_000);

function cpu(number: number, core: number, flags: string): string {
  return `processor\t: ${number}\nmodel name\t: Imaginary CPU @ 3.00GHz\nphysical id\t: 0\ncore id\t\t: ${core}\nflags\t\t: fpu ${flags}\n\n`;
}

const METAL = {
  'proc/cpuinfo': [0, 1, 2, 3].map((number) => cpu(number, number % 2, 'sse2')).join(''),
  'proc/meminfo': 'MemTotal:       16303808 kB\nMemFree: 1 kB\n',
  'proc/sys/kernel/osrelease': '6.1.0-18-amd64\n',
  'etc/os-release': 'NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  'sys/class/dmi/id/sys_vendor': 'Dell Inc.\n',
  'sys/class/dmi/id/product_name': 'PowerEdge\n',
  'sys/block/nvme0n1/size': '1953525168\n',
  'sys/block/nvme0n1/device/model': 'Samsung SSD 980 PRO 1TB   \n',
  'sys/block/loop0/size': '8\n',
  'sys/block/sda/size': '0\n',
};

void test('a machine of metal', async () => {
  assert.deepEqual(inventoryFields(await linuxInventory(machine(METAL), SOON())), {
    cpu: 'Imaginary CPU @ 3.00GHz',
    logical_cpus: 4,
    cores: 2,
    memory_mib: 15_922,
    system: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0-18-amd64',
    virtualization: 'none',
    disks: ['nvme0n1 Samsung SSD 980 PRO 1TB 931.5 GiB'],
  });
});

void test('hypervisors by name, without a name, and none where only the maker makes some', async () => {
  const guest = { 'proc/cpuinfo': cpu(0, 0, 'hypervisor') };
  const named = async (vendor: string, product: string, more: object = guest): Promise<string> =>
    (
      await linuxInventory(
        machine({
          ...METAL,
          ...more,
          'sys/class/dmi/id/sys_vendor': vendor,
          'sys/class/dmi/id/product_name': product,
        }),
        SOON(),
      )
    ).virtualization;
  assert.equal(await named('QEMU', 'Standard PC (Q35 + ICH9, 2009)'), 'kvm');
  assert.equal(await named('VMware, Inc.', 'VMware Virtual Platform'), 'vmware');
  assert.equal(await named('innotek GmbH', 'VirtualBox'), 'virtualbox');
  assert.equal(await named('Microsoft Corporation', 'Virtual Machine'), 'hyperv');
  assert.equal(await named('Nobody', 'Knows'), 'vm');
  assert.equal(await named('Amazon EC2', 'm5.metal', {}), 'none');
  assert.equal(await named('', '', { ...guest, 'sys/hypervisor/type': 'xen\n' }), 'xen');
});

void test('files that are missing or garbage leave their part out', async () => {
  const empty = await linuxInventory(machine({}), SOON());
  assert.deepEqual(
    [empty.cpu, empty.cores, empty.memoryBytes, empty.system, empty.disks],
    [undefined, undefined, undefined, undefined, []],
  );
  const garbage = Object.fromEntries(Object.keys(METAL).map((name) => [name, '\0\u00ff: x\n\n: :\n']));
  assert.deepEqual((await linuxInventory(machine(garbage), SOON())).disks, []);
  await assert.rejects(linuxInventory(machine(METAL), AbortSignal.abort(new Error('too late'))), /too late/);
});

void test('this machine', async () => {
  const own = await linuxInventory('', SOON());
  assert.equal(own.kernel, os.release());
  assert.equal(own.memoryBytes, os.totalmem());
});
