// The command line as a person meets it: help, misspellings, exit codes, and what each small sub-command prints.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { main } from '../../cmd/main.ts';
import { ERROR_CODES } from '../../pipeline/error-codes.ts';
import { ROOT } from '../house/sources.ts';

const COMMANDS = ['run', 'validate', 'components', 'print-config', 'schema', 'featuregate', 'explain', 'version'];
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };

const folder = mkdtempSync(path.join(os.tmpdir(), 'command-line-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What a command line prints and ends with. */
async function type(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await main(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
  });
  return { code, out, err };
}

void test('without anything it says what it can do, and that this was not enough', async () => {
  const { code, out, err } = await type();
  assert.equal(code, 1);
  assert.equal(out, '');
  for (const command of COMMANDS) assert.match(err, new RegExp(`^  ${command} `, 'm'));
});

void test('help is printed to be read', async () => {
  for (const flag of ['--help', '-h', 'help']) {
    const { code, out, err } = await type(flag);
    assert.equal(code, 0);
    assert.match(out, /Usage: genesis-agent/);
    assert.equal(err, '');
  }
  for (const command of COMMANDS) {
    const expected = new RegExp(`genesis-agent \\[?${command}`);
    assert.match((await type(command, '--help')).out, expected);
    assert.match((await type('help', command)).out, expected);
  }
});

void test('a misspelt command, flag, code or gate is met with the nearest there is', async () => {
  for (const [args, hint] of [
    [['validat'], /no command "validat"; did you mean "validate"\?/],
    [['--confg', 'a.yaml'], /no flag "--confg" here; did you mean "--config"\?/],
    [['components', '--fromat', 'json'], /did you mean "--format"\?/],
    [['explain', 'config_sintax'], /did you mean CONFIG_SYNTAX\?/],
    [['featuregate', 'service.profileSupport'], /did you mean service\.profilesSupport\?/],
    [['version', '--all'], /no flag "--all" here/],
    [['run', 'agent.yaml'], /Unexpected argument 'agent\.yaml'/],
  ] as const) {
    const { code, out, err } = await type(...args);
    assert.equal(code, 1, args.join(' '));
    assert.equal(out, '');
    assert.match(err, hint);
  }
});

void test('a gate that is switched off is the value of --feature-gates', async () => {
  const off = await type('--feature-gates', '-no.such.gate', '--config', 'yaml:{}');
  assert.equal(off.code, 1);
  assert.match(off.err, /no\.such\.gate.*FEATURE_GATE_UNKNOWN/);
});

void test('version is that of the package', async () => {
  for (const args of [['version'], ['--version'], ['-v']]) {
    assert.deepEqual(await type(...args), { code: 0, out: `genesis-agent version ${version}\n`, err: '' });
  }
});

void test('components are listed in three formats that agree', async () => {
  const text = (await type('components')).out;
  const json: unknown = JSON.parse((await type('components', '--format', 'json')).out);
  assert.deepEqual(parse((await type('components', '--format=yaml')).out), json);
  assert.ok(typeof json === 'object' && json !== null);
  const { exporters } = json as { readonly exporters: readonly { name: string; aliases: string[] }[] };
  assert.deepEqual(exporters.find(({ name }) => name === 'otlp_grpc')?.aliases, ['otlp']);
  for (const { name } of exporters) assert.match(text, new RegExp(`^  ${name}\\b`, 'm'));
  assert.equal((await type('components', '--format', 'xml')).code, 1);
});

void test('every error code is explained, however it is written', async () => {
  const all = (await type('explain')).out;
  for (const [code, { summary, explanation }] of Object.entries(ERROR_CODES)) {
    assert.ok(all.includes(code) && all.includes(summary));
    const { out } = await type('explain', code.toLowerCase().replaceAll('_', '-'));
    assert.ok(out.startsWith(`${code}: `) && out.includes(explanation));
  }
});

void test('gates are listed, or one of them', async () => {
  const all = (await type('featuregate')).out.trim().split('\n');
  const one = (await type('featuregate', 'service.profilesSupport')).out.trim();
  assert.match(one, /^service\.profilesSupport +off +alpha/);
  assert.ok(all.includes(one));
});

void test('the launcher works through a symbolic link and from any folder, and gives the exit code on', () => {
  const link = path.join(folder, 'agent');
  symlinkSync(path.relative(folder, path.join(ROOT, 'cmd', 'genesis-agent')), link);
  const good = spawnSync(link, ['version'], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual([good.status, good.stdout], [0, `genesis-agent version ${version}\n`]);
  const bad = spawnSync(link, ['--config', 'no-such-file.yaml'], { cwd: folder, encoding: 'utf8' });
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /no-such-file\.yaml.*CONFIG_SOURCE_UNREADABLE/);
});

void test('output that nobody reads any more is nothing to complain about', () => {
  const agent = path.join(ROOT, 'cmd', 'genesis-agent');
  const { stderr } = spawnSync('sh', ['-c', `"${agent}" schema | head -c 1`], { encoding: 'utf8' });
  assert.equal(stderr, '');
});
