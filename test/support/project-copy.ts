// A copy of the project in a folder of its own, for tests that change it. The packages are shared by a symbolic link.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../house/sources.ts';

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export class ProjectCopy {
  readonly root: string;

  constructor() {
    this.root = mkdtempSync(path.join(os.tmpdir(), 'project-copy-'));
    const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    for (const file of listed.split('\0')) {
      const from = path.join(ROOT, file);
      if (file !== '' && existsSync(from)) cpSync(from, path.join(this.root, file), { dereference: false });
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(this.root, 'node_modules'));
    // The checks ask git for the list of files.
    this.run('git', 'init', '--quiet');
    this.run('git', 'add', '--all');
  }

  /** Runs a command in the copy, with the pinned runtime and tools first in PATH. */
  run(command: string, ...args: readonly string[]): Ran {
    const { PATH = '' } = process.env;
    // The runner tells its children that they are part of a test run; these are not.
    const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const ran = spawnSync(command, args, {
      cwd: this.root,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
      env: { ...env, PATH: `${path.join(ROOT, 'node_modules', '.bin')}${path.delimiter}${PATH}` },
    });
    return { code: ran.status, output: `${ran.error ? String(ran.error) : ''}${ran.stdout}${ran.stderr}` };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
