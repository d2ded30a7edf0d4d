import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wfInstance } from '../domain/wfcommons/wf-instance.ts';
import { runPact } from './pact-process.ts';

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'pact-simulate-'));
  const tasks = ['a', 'b', 'c', 'd'].map((id): [string, number, ...string[]] => [id, 2, 'split']);
  await writeFile(join(cwd, 'run.json'), JSON.stringify(wfInstance([['split', 1], ...tasks])));
});

afterAll(() => rm(cwd, { recursive: true, force: true }));

const pact = (...args: string[]) => runPact(args, { cwd });

describe('a recorded workflow', () => {
  test('is imported, and simulated with as many slots as asked for', async () => {
    const imported = await pact('import', 'wfcommons', 'run.json', '--slots', '2', '--scale', '0.1', '--out', 'made');
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(imported.stdout).toMatch(/Wrote plan\.yaml, pact\.config\.yaml, agents\/work\.sh into made: 5 tasks, 2 at a time\./);
    const simulated = await pact('simulate', 'made/plan.yaml', '--json');
    expect(JSON.parse(simulated.stdout)).toMatchObject({
      makespanMs: { p50: 500, p90: 500 },
      lowerBoundMs: 450,
      order: ['split', 'a', 'b', 'c', 'd'],
      criticalPath: ['split', 'a'],
      agents: [{ agent_id: 'worker', utilization: 0.9 }],
    });
    const text = await pact(
      'simulate',
      'made/plan.yaml',
      '--spread',
      '0.4',
      '--failure-rate',
      '0.5',
      '--runs',
      '20',
      '--seed',
      '3',
    );
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/5 tasks; ends after .* in half of 20 runs, after .* in nine of ten\.[\s\S]*worker +\d+%/);
    expect(text.stdout).toMatch(/of the runs all sprints completed/);
  });

  test('is not imported over files that are there', async () => {
    await pact('import', 'wfcommons', 'run.json', '--out', 'twice');
    const before = await readFile(join(cwd, 'twice/plan.yaml'), 'utf8');
    const { code, stderr } = await pact('import', 'wfcommons', 'run.json', '--scale', '3', '--out', 'twice');
    expect(code).toBe(2);
    expect(stderr).toMatch(/has plan\.yaml, pact\.config\.yaml, agents\/work\.sh already: nothing was written/);
    expect(await readFile(join(cwd, 'twice/plan.yaml'), 'utf8')).toBe(before);
  });

  test.each([
    ['a file that is not there', ['nowhere.json', '--out', 'x'], /nowhere\.json: expected a WfCommons instance in JSON/],
    ['one that is no instance', ['no.json', '--out', 'x'], /no\.json: workflow: "workflow" is missing/],
    ['no folder', ['run.json'], /required option '--out <dir>'/],
    ['slots that are none', ['run.json', '--out', 'x', '--slots', '0'], /Expected a whole number from 1 to 10000/],
    ['a scale that is none', ['run.json', '--out', 'x', '--scale', ''], /Expected a number above 0/],
    ['a scale that no plan can say', ['run.json', '--out', 'x', '--scale', '1e30'], /run\.json: "a" would take/],
  ])('%s is refused', async (_, args, message) => {
    await writeFile(join(cwd, 'no.json'), '{}');
    const { code, stderr } = await pact('import', 'wfcommons', ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
