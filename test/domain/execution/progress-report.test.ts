import { describe, expect, it } from 'vitest';
import { createOutcome, createProgressReport } from '../../../src/domain/execution/progress-report.ts';
import { toProgressEvent } from '../../../src/domain/execution/progress-schema.ts';
import { jsonBytes } from '../../../src/domain/json-size.ts';
import type { Deliverable } from '../../../src/domain/attempt.ts';
import { agent, task } from '../sprint/sprint-definition.ts';
import { runSprint } from '../sprint/sprint-run.ts';
import { runAuthorized } from './execution-run.ts';

const KIB = 1024;
const files = (count: number): Deliverable[] =>
  Array.from({ length: count }, (_, number) => ({
    id: `out-${number}`,
    path: `out/${number}.txt`,
    uri: `file:///artifacts/out/${number}.txt`,
    sha256: 'a'.repeat(64),
    size: 3,
  }));

/** A sprint of so many tasks that are all done, each with so many deliverables. */
function doneSprint(count: number, deliverables: number) {
  const run = runSprint({
    tasks: Array.from({ length: count }, (_, number) => task(`t${number}`)),
    agents: [agent('builder', { capacity: 500 })],
  });
  run.start();
  for (let number = 0; number < count; number += 1) run.finish(`t${number}`, files(deliverables));
  return run.sprint;
}

const all = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe('report of a sprint to its execution', () => {
  it('tells how it stands, what has changed and what was decided, and is taken as it is', () => {
    const sprint = doneSprint(2, 1);
    const { report, told } = createProgressReport(sprint, [1], 3);
    expect(told).toEqual([1]);
    expect(report.changed).toMatchObject([
      { id: 't1', state: 'done', agent_id: 'builder', attempts: 1, deliverables: [{ id: 'out-0' }] },
    ]);
    // The third of the last three is the end of the sprint, which the execution says itself.
    expect(report.decisions.map(({ event }) => event)).toEqual(['taskFinished', 'taskFinished']);
    const execution = runAuthorized({ sprints: { core: [task('t0'), task('t1')] } });
    expect(toProgressEvent(execution.state, JSON.parse(JSON.stringify(report)), 0)).toMatchObject({ ok: true });
    expect(createProgressReport(sprint, [], 0).report).toMatchObject({ changed: [], decisions: [] });
  });

  it('of a task that nobody has begun says so', () => {
    const { sprint } = runSprint({ tasks: [task('t')], agents: [agent('builder')] });
    expect(createProgressReport(sprint, [0], 0).report.changed).toMatchObject([
      { id: 't', state: 'waiting', agent_id: null, attempts: 0 },
    ]);
  });

  it('stays below 256 KiB whatever has happened, and is still taken by the execution', () => {
    const people = Array.from({ length: 300 }, (_, number) => agent(`person-${number}`, { kind: 'human', capacity: 5 }));
    const tasks = people.flatMap(({ id }, number) =>
      [0, 1].map((one) => task(`t${number}-${one}`, { agent: id, title: '漢'.repeat(1_000), description: '漢'.repeat(4_000) })),
    );
    const run = runSprint({
      tasks,
      agents: [...people, agent('bot', { capacity: 500 })],
      checkpoints: tasks.map(({ id }) => ({ id: `c-${id}`, after: [id], agents: ['bot'] })),
    });
    run.start();
    run.send('emergencyStop', { by: '漢'.repeat(128), reason: '漢'.repeat(4_000), mode: 'drain' });
    const { report } = createProgressReport(run.sprint, all(tasks.length), 5_000);
    expect(jsonBytes(report)).toBeLessThan(256 * KIB);
    expect(report.progress.alerts.at(-1)).toMatchObject({ id: 'inbox', text: expect.stringMatching(/^\d+ more items wait/) });
    const execution = runAuthorized({ sprints: { core: tasks } });
    expect(toProgressEvent(execution.state, JSON.parse(JSON.stringify(report)), 0)).toMatchObject({ ok: true });
  });

  it('tells many changes one report after the other, and leaves a task that delivered very much to the outcome', () => {
    const sprint = doneSprint(2_000, 1);
    sprint.state.tasks[0]!.deliverables = files(200);
    const left = new Set(all(2_000));
    let reports = 0;
    for (let told: readonly number[] = [-1]; told.length > 0; reports += 1) {
      told = createProgressReport(sprint, [...left], 10).told;
      for (const number of told) left.delete(number);
    }
    expect([...left]).toEqual([0]);
    expect(reports).toBeGreaterThan(3);
    expect(createOutcome(sprint).tasks[0]).toMatchObject({ id: 't0', deliverables: { length: 200 } });
  });
});

it('the outcome of a sprint holds all of its tasks', () => {
  expect(createOutcome(doneSprint(3, 1))).toMatchObject({
    sprintId: 'core',
    progress: { phase: 'completed' },
    tasks: [{ id: 't0' }, { id: 't1' }, { id: 't2' }],
  });
});
