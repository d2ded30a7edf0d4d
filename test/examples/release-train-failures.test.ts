import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { agentEnvironment, runProgram } from './agent-process.ts';
import { createPlanDriver, type PlanDriver } from './plan-driver.ts';
import { readSample } from './sample-plan.ts';

const folder = fileURLToPath(new URL('../../examples/release-train', import.meta.url));
const sample = readSample(folder);
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

function scratchFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'release-train-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function driver(replace: Readonly<Record<string, string>>): PlanDriver {
  const created = createPlanDriver(sample, replace);
  cleanups.push(created.remove);
  return created;
}

/** The release train of a library in which `from` was replaced by `to` in one file. */
function trainWithEdit(path: string, from: string, to: string): PlanDriver {
  const library = join(scratchFolder(), 'library');
  cpSync(join(folder, 'library'), library, { recursive: true });
  const file = join(library, path);
  const before = readFileSync(file, 'utf8');
  expect(before).toContain(from);
  writeFileSync(file, before.replace(from, to));
  return driver({ library });
}

const DOC = '/** Writes a duration in its shortest form: 90 becomes `1h30m`, 0 becomes `0m`. */\n';
const BREAKS: readonly { what: string; task: string; edit: readonly [string, string, string]; says: RegExp }[] = [
  {
    what: 'a type error',
    task: 'typecheck',
    edit: ['src/clock.ts', 'return minutes;', 'return String(minutes);'],
    says: /src\/clock\.ts.*TS2322/,
  },
  {
    what: 'a type error',
    task: 'build',
    edit: ['src/clock.ts', 'return minutes;', 'return String(minutes);'],
    says: /src\/clock\.ts.*TS2322/,
  },
  {
    what: 'a lint error',
    task: 'lint',
    edit: ['src/clock.ts', '  return minutes;', '  debugger;\n  return minutes;'],
    says: /src\/clock\.ts:\d+ .*no-debugger/,
  },
  {
    what: 'a file out of format',
    task: 'lint',
    edit: ['src/clock.ts', '  return minutes;', '      return minutes'],
    says: /src\/clock\.ts/,
  },
  {
    what: 'a wrong result',
    task: 'unit-tests',
    edit: ['src/interval.ts', 'b.start < a.end', 'b.start <= a.end'],
    says: /1 of 18 tests failed:[^]*only touch/,
  },
  {
    what: 'a licence not allowed',
    task: 'licences',
    edit: ['package.json', '"license": "MIT"', '"license": "SSPL-1.0"'],
    says: /free-slots \(SSPL-1\.0\)/,
  },
  {
    what: 'an export without documentation',
    task: 'api-docs',
    edit: ['src/duration.ts', DOC, ''],
    says: /without a doc comment: duration\.formatDuration/,
  },
  {
    what: 'a package with its sources',
    task: 'package',
    edit: ['package.json', '"dist",', '"dist", "src",'],
    says: /src\/cli\.ts belongs to development/,
  },
  {
    what: 'a command line that prints nothing',
    task: 'smoke-test',
    edit: ['src/cli.ts', 'console.log(formatInterval(slot))', 'formatInterval(slot)'],
    says: /slots printed: expected/,
  },
];

test.each(BREAKS)('$what in the library fails $task for real', async ({ task, edit, says }) => {
  await expect(trainWithEdit(...edit).run(task)).rejects.toThrow(says);
});

test('a harmless edit is committed on top of the history and goes through', async () => {
  const train = trainWithEdit('README.md', 'No dependencies.', 'It has no dependencies.');
  const changelog = await train.run('changelog');
  expect(changelog.read('changelog')).toMatch(/^- local changes of the working folder \([0-9a-f]{7,}, release train\)$/m);
  expect(JSON.parse(changelog.read('release-facts'))).toMatchObject({ version: '1.2.0', commits: 6 });
});

/** A history that ends at `ref`, with `subject` as one more commit when given; paths of the stream and of its last tree. */
async function historyUntil(ref: string, subject: string | null): Promise<{ history: string; library: string }> {
  const base = scratchFolder();
  const repository = join(base, 'library');
  const env = agentEnvironment(base, 'test');
  const git = async (args: readonly string[], input = ''): Promise<string> => {
    const ended = await runProgram(['git', '-c', 'user.name=t', '-c', 'user.email=t@t.example', ...args], base, env, input);
    expect(ended.exitCode, ended.stderr).toBe(0);
    return ended.stdout;
  };
  await git(['init', '-q', '-b', 'main', repository]);
  await git(['-C', repository, 'fast-import', '--quiet'], readFileSync(join(folder, 'history.fast-export'), 'utf8'));
  await git(['-C', repository, 'reset', '-q', '--hard', ref]);
  if (subject !== null) await git(['-C', repository, 'commit', '-q', '--allow-empty', '-m', subject]);
  const history = join(base, 'history');
  writeFileSync(history, await git(['-C', repository, 'fast-export', '--all']));
  rmSync(join(repository, '.git'), { recursive: true });
  return { history, library: repository };
}

test.each([
  ['docs: only words', /no commit since v1\.1\.0 starts with feat, fix or perf/],
  [null, /no commit since v1\.1\.0 starts with feat, fix or perf/],
])('a history that ends with %s has nothing to release', async (subject, says) => {
  const { history, library } = await historyUntil('v1.1.0', subject);
  await expect(driver({ 'history.fast-export': history, library }).run('changelog')).rejects.toThrow(says);
});

test.each([
  ['fix: a "quoted" detail', '1.1.1'],
  ['perf(search): skip what is past', '1.1.1'],
  ['feat: more', '1.2.0'],
  ['feat!: no more', '2.0.0'],
  ['fix: this\n\nBREAKING CHANGE: and that', '2.0.0'],
])('after 1.1.0, the commit %j makes %s', async (subject, version) => {
  const { history, library } = await historyUntil('v1.1.0', subject);
  const changelog = await driver({ 'history.fast-export': history, library }).run('changelog');
  expect(JSON.parse(changelog.read('release-facts'))).toEqual({ version, previous: '1.1.0', commits: 1 });
});

test('a task that an agent does not know, and a request that is no JSON, are refused with a reason', async () => {
  const base = scratchFolder();
  const env = agentEnvironment(base, 'test');
  const argv = ['sh', join(folder, 'agents/historian.sh'), join(folder, 'history.fast-export'), 'library'];
  const unknown = await runProgram(argv, base, env, '{"task":{"id":"brew"}}\n');
  expect(unknown).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('no such task: brew') });
  const garbage = await runProgram(argv, base, env, '{"task":\n');
  expect(garbage).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('the request is not a line of JSON') });
  const linter = await runProgram(
    [process.execPath, join(folder, 'agents/linter.mjs')],
    base,
    env,
    '{"task":{"id":"brew","input":{}}}\n',
  );
  expect(linter).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('no such job: brew; this agent does lint') });
});
