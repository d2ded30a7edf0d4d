import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/domain/config/config-reader.ts';
import { parsePlan } from '../../../src/domain/plan/plan-reader.ts';
import { formatProblems } from '../../../src/domain/source/problem.ts';
import { readYaml } from '../../../src/domain/source/yaml-source.ts';
import { createRandom } from '../../support/random.ts';
import { toImportedFiles } from '../../../src/domain/wfcommons/instance-plan.ts';
import type { WorkflowInstance } from '../../../src/domain/wfcommons/instance.ts';

const filesOf = (instance: WorkflowInstance, scale = 1, slots = 4) => {
  const files = toImportedFiles(instance, { slots, scale });
  if (!files.ok) throw new Error(files.error);
  return Object.fromEntries(files.value.map(({ path, content }) => [path, content]));
};

const planOf = (instance: WorkflowInstance, scale = 1) => {
  const plan = parsePlan(readYaml(filesOf(instance, scale)['plan.yaml'] ?? '', 'plan.yaml').source, null);
  if (!plan.ok) throw new Error(formatProblems(plan.error));
  return plan.value;
};

describe('an imported workflow', () => {
  const instance: WorkflowInstance = {
    name: 'a: "b"',
    withoutRuntime: 0,
    tasks: [
      { id: '2026-12-01', runtimeSeconds: 90.4, dependsOn: [] },
      { id: 'b c', runtimeSeconds: 0, dependsOn: [0] },
    ],
  };

  it('is a valid plan of one sprint with the scaled times', () => {
    const { project, sprints } = planOf(instance, 0.01);
    expect(project.name).toBe('a: "b"');
    expect(sprints[0]?.tasks).toMatchObject([
      { id: '2026-12-01', estimateMs: 904, input: { durationMs: 904 }, dependsOn: [] },
      { id: 'b_c', estimateMs: 1, input: { durationMs: 0 }, dependsOn: [{ task: '2026-12-01' }] },
    ]);
  });

  it('has a config with one agent of so many slots that is not taken for stuck', () => {
    const { source } = readYaml(filesOf(instance)['pact.config.yaml'] ?? '', 'pact.config.yaml');
    const config = parseConfig(source, { baseDir: '.', absolute: (name) => name, fileAt: () => null });
    expect(config).toMatchObject({ ok: true, value: { agents: [{ id: 'worker', capacity: 4, stallAfterMs: 690_400 }] } });
  });

  it('of 10,000 tasks and 40,000 edges with long names fits into a plan', () => {
    const random = createRandom(1);
    const tasks = Array.from({ length: 10_000 }, (_, number) => ({
      id: `a_rather_long_name_of_a_task_ID${number}`,
      runtimeSeconds: random.next() * 1_000,
      dependsOn: [...new Set(Array.from({ length: 4 }, () => random.below(number)))].filter((before) => before < number),
    }));
    const [sprint] = planOf({ name: 'large', withoutRuntime: 0, tasks }).sprints;
    expect(sprint?.tasks).toHaveLength(10_000);
    expect(sprint?.tasks[9_999]).toMatchObject({
      input: {},
      estimateMs: Math.round(1_000 * (tasks[9_999]?.runtimeSeconds ?? 0)),
    });
  });

  it('of tasks that would take longer than a plan can say is refused', () => {
    expect(toImportedFiles(instance, { slots: 1, scale: 1e9 })).toEqual({
      ok: false,
      error: '"2026-12-01" would take 90400000000000 ms; a plan can say 315360000000 ms: give a smaller scale',
    });
  });
});
