import { describe, expect, it } from 'vitest';
import type { ResolvedPlan } from '../../../src/domain/prepared.ts';
import { heapPop, heapPush } from '../../../src/domain/sprint/heap.ts';
import { toSprintDefinition } from '../../../src/domain/sprint/definition.ts';
import { agent, task, toDefinition } from './sprint-definition.ts';

const [al, proto, bo] = [agent('al', { capacity: 4 }), agent('constructor', { capacity: 3 }), agent('bo')];
const first = {
  ...toDefinition({ tasks: [task('spec')], agents: [bo], checkpoints: [{ id: 'freeze', after: ['spec'], agents: ['bo'] }] })
    .sprint,
  id: 'first',
};
const core = toDefinition({ tasks: [task('a')], agents: [al, proto] }).sprint;
const resolved = {
  plan: {
    pact: 1,
    project: { name: 'p', description: null, timeline: null },
    objectives: [],
    resources: [],
    sprints: [first, core],
    triggers: [
      { agent: 'al', when: { checkpoint: 'freeze' } },
      { agent: 'bo', when: { afterMs: 1 } },
    ],
  },
  agents: [al, bo, proto],
  checks: [],
  order: [],
  capacities: { core: { al: 2 } },
  resources: { gpu: 2 },
  authorization: { mode: 'named', approvers: ['ann'], required: 1, expiresMs: 1 },
  policies: { heartbeatTimeoutMs: 1, killGraceMs: 1, notify: [] },
} satisfies ResolvedPlan;
const from = { executionId: 'e', ownerId: 'e/sprint/core', sprintId: 'core', delivered: [] };

describe('definition of a sprint', () => {
  it('holds the sprint’s own agents with the capacity that it may use, and its own triggers', () => {
    const definition = toSprintDefinition(resolved, from);
    expect(definition.agents.map(({ id, capacity }) => [id, capacity])).toEqual([
      ['al', 2],
      ['constructor', 3],
    ]);
    expect(definition.triggers).toEqual([resolved.plan.triggers[0]]);
    expect(definition).toMatchObject({
      executionId: 'e',
      ownerId: 'e/sprint/core',
      resources: { gpu: 2 },
      people: ['ann'],
      passedCheckpoints: [],
    });
  });

  it('a checkpoint of an earlier sprint has been passed when all that it comes after is done', () => {
    const delivered = [{ task: 'spec', deliverables: [] }];
    expect(toSprintDefinition(resolved, { ...from, delivered }).passedCheckpoints).toEqual(['freeze']);
  });

  it('where anyone may approve, anyone may answer; an undivided capacity is the whole', () => {
    const open = { ...resolved, capacities: {}, authorization: { ...resolved.authorization, mode: 'anyone' as const } };
    const definition = toSprintDefinition(open, from);
    expect(definition.people).toBe('anyone');
    expect(definition.agents[0]?.capacity).toBe(4);
  });

  it('a sprint that the plan does not have is a mistake of the caller', () => {
    expect(() => toSprintDefinition(resolved, { ...from, sprintId: 'none' })).toThrow(
      new RangeError('the plan has no sprint "none"'),
    );
  });
});

describe('heap', () => {
  it('gives back in order what was put in, and nothing when it is empty', () => {
    const heap: number[] = [];
    const isBefore = (a: number, b: number): boolean => a < b;
    for (const item of [5, 3, 8, 1, 9, 2, 7]) heapPush(heap, item, isBefore);
    expect(Array.from({ length: 8 }, () => heapPop(heap, isBefore))).toEqual([1, 2, 3, 5, 7, 8, 9, undefined]);
  });
});
