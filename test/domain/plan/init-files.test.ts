import { Ajv } from 'ajv';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig, loadPlan } from '../../../src/config.ts';
import { toRosterFacts } from '../../../src/domain/config/agent-profile.ts';
import { initFiles } from '../../../src/domain/plan/init-files.ts';
import { jsonSchemas } from '../../../src/domain/plan/json-schema.ts';
import { formatProblems } from '../../../src/domain/source/problem.ts';

const person = 'Ann "O\'Hara": #1';
const folder = mkdtempSync(join(tmpdir(), 'pact-init-'));

beforeAll(() => {
  for (const { path, content } of initFiles({ projectName: 'Über: {x}', person })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs an agent as a worker would: its argv, one request on stdin, a workspace of its own. */
function run(argv: readonly string[], task: object, inputs: readonly object[]): { workspace: string; lines: unknown[] } {
  const workspace = mkdtempSync(join(folder, 'workspace-'));
  const [program = '', ...args] = argv;
  const child = spawnSync(program, args, {
    cwd: workspace,
    input: `${JSON.stringify({ pact: 'request', task, inputs })}\n`,
    encoding: 'utf8',
  });
  expect(child.stderr).toBe('');
  expect(child.status).toBe(0);
  return {
    workspace,
    lines: child.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  };
}

describe('what pact init writes', () => {
  test('is a valid plan and config whatever the names are', () => {
    const config = loadConfig(folder);
    if (!config.ok) throw new Error(formatProblems(config.error));
    const plan = loadPlan(join(folder, 'plan.yaml'), toRosterFacts(config.value));
    if (!plan.ok) throw new Error(formatProblems(plan.error));
    expect(plan.value.plan.project.name).toBe('Über: {x}');
    expect(config.value.authorization.approvers).toEqual([person]);
    expect(config.value.agents[2]?.adapter).toMatchObject({ kind: 'human', people: [person] });
  });

  test('has agents that do the work, and a check that tells a page from none', () => {
    const config = loadConfig(folder);
    const plan = loadPlan(join(folder, 'plan.yaml'));
    if (!config.ok || !plan.ok) throw new Error('not valid');
    const [inventory, summary] = plan.value.plan.sprints[0]?.tasks ?? [];
    const argvOf = (id: string): readonly string[] => {
      const adapter = config.value.agents.find((agent) => agent.id === id)?.adapter;
      return adapter?.kind === 'command' ? adapter.run : [];
    };
    const first = run(argvOf('inventory'), inventory ?? {}, []);
    const path = join(first.workspace, 'files.json');
    const files = JSON.parse(readFileSync(path, 'utf8')) as { path: string; size: number }[];
    expect(files.map((file) => file.path)).toEqual(
      expect.arrayContaining(['agents/inventory.mjs', 'pact.config.yaml', 'plan.yaml']),
    );
    expect(first.lines.at(-1)).toEqual({ pact: 'result', summary: `${files.length} files` });
    const second = run(argvOf('writer'), summary ?? {}, [{ task: 'inventory', deliverable: 'files', path }]);
    expect(readFileSync(join(second.workspace, 'summary.md'), 'utf8')).toMatch(
      /^# Files of the project\n\n\d+ files, \d+ bytes\.\n[^]*- plan\.yaml: \d+ bytes/,
    );
    const [program = '', ...args] = config.value.checks[0]?.run ?? [];
    expect(spawnSync(program, args, { cwd: second.workspace }).status).toBe(0);
    writeFileSync(join(second.workspace, 'summary.md'), 'nothing');
    expect(spawnSync(program, args, { cwd: second.workspace }).status).toBe(1);
  });
});

describe('the JSON Schemas for editors', () => {
  const ajv = new Ajv({ strict: false, formats: { uri: true } });
  const schemas = jsonSchemas();

  test.each([
    ['plan.json', 'plan.yaml'],
    ['config.json', 'pact.config.yaml'],
  ] as const)('%s takes %s and refuses an unknown field', (schema, file) => {
    const isValid = ajv.compile(schemas[schema]);
    const data = parse(readFileSync(join(folder, file), 'utf8')) as object;
    expect(isValid(data), JSON.stringify(isValid.errors)).toBe(true);
    expect(isValid({ ...data, unknown: 1 })).toBe(false);
  });
});
