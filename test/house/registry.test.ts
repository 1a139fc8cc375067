// The registry, the folders and the declarations say the same.

import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { ComponentKind } from '../../pipeline/component.ts';
import { COMPONENTS, registry } from '../../cmd/registry.ts';
import { ROOT } from './sources.ts';

const KINDS: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension'];

for (const kind of KINDS) {
  void test(`every ${kind} folder is registered, and every registered ${kind} has one`, () => {
    const folders = globSync(`${kind}s/*/index.ts`, { cwd: ROOT }).map((file) => file.split(/[\\/]/)[1] ?? '');
    assert.deepEqual(Object.keys(COMPONENTS[kind]).toSorted(), folders.toSorted());
  });

  for (const [type, entry] of Object.entries(COMPONENTS[kind])) {
    void test(`${kind} ${type} declares what the registry says, and its example is valid`, async () => {
      const declaration = await registry.find(kind, type);
      assert.ok(declaration);
      assert.equal(declaration.kind, kind);
      assert.equal(declaration.type, type);
      assert.deepEqual(declaration.aliases ?? [], entry.aliases ?? []);
      for (const alias of entry.aliases ?? []) assert.equal(await registry.find(kind, alias), declaration);
      const example: unknown = parse(declaration.example);
      assert.ok(typeof example === 'object' && example !== null);
      for (const [id, section] of Object.entries(example)) {
        assert.equal(id.split('/')[0], type);
        assert.doesNotThrow(() => declaration.config.parse(section ?? {}), `the example of ${type}`);
      }
      assert.throws(() => declaration.config.parse({ no_such_key: 1 }), /no_such_key|[Uu]nrecognized/);
    });
  }
}
