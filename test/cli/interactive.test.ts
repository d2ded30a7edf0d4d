import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { runPact } from './pact-process.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** `script` of util-linux gives a program a terminal. */
const hasScript = spawnSync('script', ['--version']).status === 0;
if (!hasScript) console.log('interactive.test: skipped, the program "script" (util-linux) is not installed');

/** A dialogue that takes longer is ended, and fails with what was on the screen. */
const PATIENCE_MS = 200_000;
const CTRL_C = '\u0003';
// Every command is a process of its own, and starts slowly on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pact-interactive-'));
  await runPact(['init', '.', '--person', 'ann'], { cwd: folder });
  const path = join(folder, 'pact.config.yaml');
  const queue = `interactive-${process.pid}-${Date.now()}`;
  await writeFile(path, `${await readFile(path, 'utf8')}\ntaskQueues: { workflows: ${queue}, agents: ${queue}-agents }\n`);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Types each answer when its question has come. @returns everything on the screen, and the exit code */
function converse(
  args: readonly string[],
  answers: readonly (readonly [RegExp, string])[],
): Promise<{ screen: string; code: number | null }> {
  const words = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  const command = `stty rows 40 cols 120; exec ${words}`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TERM: 'xterm',
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: inject('temporalNamespace'),
    },
  });
  const open = [...answers];
  let screen = '';
  let read = 0;
  return new Promise((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString('utf8');
      const [question, keys] = open[0] ?? [];
      const found = question?.exec(screen.slice(read));
      if (found === undefined || found === null) return;
      read += found.index + found[0].length;
      open.shift();
      child.stdin.write(keys ?? '');
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.once('close', (code) => {
      clearTimeout(timer);
      const unanswered = open.map(([pattern]) => pattern.source);
      resolve({ screen: screen + (unanswered.length === 0 ? '' : `\nnever asked: ${unanswered.join(', ')}`), code });
    });
  });
}

describe.runIf(hasScript)('run in a terminal', () => {
  test('shows the plan, asks for the authorization and the sign-off, and ends with the report', async () => {
    const { screen, code } = await converse(
      ['run', 'plan.yaml'],
      [
        [/Is this plan authorized\?[\s\S]*Decide later/, '\r'],
        [/Your name/, 'eve\r'],
        [/Expected one of: ann/, '\u007f\u007f\u007fann\r'],
        [/I have reviewed the plan[\s\S]*No/, 'y'],
        [/I know the emergency stop[\s\S]*No/, 'y'],
        [/sign-off#1[\s\S]*Your name/, '\r'],
        [/done[\s\S]*approve[\s\S]*reject/, '\r'],
      ],
    );
    expect({ code, screen }).toMatchObject({ code: 0 });
    expect(screen).toMatch(/Approved as ann/);
    expect(screen).toMatch(/Report: .*report\.md/);
  });

  test('a rejection asks for the reason and ends with exit 1', async () => {
    const { screen, code } = await converse(
      ['run', 'plan.yaml'],
      [
        [/Is this plan authorized\?[\s\S]*Decide later/, '\u001b[B\r'],
        [/Your name/, 'ann\r'],
        [/Why is it rejected\?/, 'too early\r'],
      ],
    );
    expect({ code, screen }).toMatchObject({ code: 1 });
    expect(screen).toMatch(/rejected/);
  });

  test('Ctrl-C in a question leaves the execution and exits 130', async () => {
    const { screen, code } = await converse(['run', 'plan.yaml'], [[/Is this plan authorized\?[\s\S]*Decide later/, CTRL_C]]);
    expect({ code, screen }).toMatchObject({ code: 130 });
    expect(screen).toMatch(/is kept, but the worker of this process ends with it/);
  });
});
