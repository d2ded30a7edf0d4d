import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { callPact } from './pact-in-process.ts';
import { runPact } from './pact-process.ts';

// Every command is a process of its own, and starts slowly on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'pact-usage-'));
  await writeFile(join(cwd, 'changes.yaml'), 'changes:\n  - renameTask: { task: a }\n');
});

afterAll(() => rm(cwd, { recursive: true, force: true }));

const pact = (...args: string[]) => runPact(args, { cwd });

describe('usage', () => {
  test('help names every command and documents the exit codes', async () => {
    const { code, stdout } = await pact('--help');
    expect(code).toBe(0);
    for (const name of 'init validate show simulate import up run start authorize reject status watch inbox respond pause resume stop rollback amend reassign report prune doctor worker sample'.split(
      ' ',
    )) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
    expect(stdout).toMatch(/130 +interrupted/);
  });

  test('wrong usage ends the process with exit 2 and a message', async () => {
    const { code, stdout, stderr } = await pact('frobnicate');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/unknown command 'frobnicate'/);
  });

  test.each([
    ['no command', [], /Usage: pact/],
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/],
    ['a misspelt command', ['stats'], /Did you mean status\?/],
    ['an unknown option', ['status', '--jsn'], /unknown option '--jsn'[\s\S]*--json/],
    ['a missing argument', ['watch'], /missing required argument 'id'/],
    ['a missing required option', ['pause', 'x'], /--as <name>/],
    [
      'a rollback to nowhere',
      ['rollback', 'x', '--as', 'ann', '--to', 'core'],
      /--to: expected start, checkpoint:ID or sprint:ID, got "core"/,
    ],
    ['changes that are not there', ['amend', 'x', 'nowhere.yaml', '--as', 'ann'], /Cannot read nowhere\.yaml/],
    [
      'changes of no known kind',
      ['amend', 'x', 'changes.yaml', '--as', 'ann'],
      /changes\.yaml:2:[\s\S]*problem.* in the changes/,
    ],
    ['an age that is none', ['prune', '--older-than', 'soon'], /expected a duration/],
    ['an age that is not safe', ['prune', '--older-than', '2h'], /Expected at least 1d/],
    ['a port that is none', ['up', '--port', 'x'], /Expected a port/],
    ['an address that is none', ['status', '--address', 'a b'], /expected an address such as localhost:7233/],
    ['a plan that is not there', ['run', 'nowhere.yaml'], /nowhere\.yaml/],
    ['a config that is not there', ['worker', '--config', 'nowhere.yaml'], /nowhere\.yaml/],
    ['no config at all', ['worker'], /No config: expected pact\.config\.yaml[\s\S]*pact init/],
  ])('%s: exit 2 and a message', async (_, args, message) => {
    const { code, stdout, stderr } = await callPact(args, { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test.each([[['status']], [['watch', 'x']], [['inbox']], [['report', 'x']], [['stop', 'x', '--as', 'ann']]])(
    'without a server %j exits 3, says so at once and what to do',
    async (args) => {
      const { code, stderr } = await callPact([...args, '--address', '127.0.0.1:1'], { cwd });
      expect(code).toBe(3);
      expect(stderr).toMatch(/No Temporal server answers at 127\.0\.0\.1:1 \(connection refused\).*pact up/);
    },
  );

  test('PACT_DEBUG adds the stack', async () => {
    const { code, stderr } = await runPact(['status', '--address', '127.0.0.1:1'], { cwd, env: { PACT_DEBUG: '1' } });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^ +at /m);
  });
});

describe('validate', () => {
  test('names every mistake with file, line and column', async () => {
    await writeFile(join(cwd, 'bad.yaml'), 'pact: 1\nproject: { nam: x }\nsprints: []\n');
    const { code, stderr } = await pact('validate', 'bad.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:2:\d+: project\.nam/);
    expect(stderr).toMatch(/\d problems in the plan/);
    const asJson = await pact('validate', 'bad.yaml', '--json');
    expect(asJson.code).toBe(2);
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([expect.objectContaining({ line: 2 })]),
    });
  });
});

describe('init', () => {
  test('writes files that validate and show, and never overwrites', async () => {
    const first = await pact('init', 'fresh', '--person', 'ann');
    expect(first.code).toBe(0);
    const plan = await readFile(join(cwd, 'fresh', 'plan.yaml'), 'utf8');
    const again = await pact('init', 'fresh', '--person', 'bo');
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/plan\.yaml, pact\.config\.yaml.*nothing was written/);
    expect(await readFile(join(cwd, 'fresh', 'plan.yaml'), 'utf8')).toBe(plan);
    expect((await pact('validate', 'fresh/plan.yaml')).code).toBe(0);
    const shown = await pact('show', 'fresh/plan.yaml');
    expect(shown.stdout).toMatch(/Critical path/);
    expect(JSON.parse((await pact('show', 'fresh/plan.yaml', '--json')).stdout)).toHaveProperty('criticalPath');
  });
});
