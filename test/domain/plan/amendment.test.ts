import { noAmounts } from '../../../src/domain/budget.ts';
import { describe, expect, it } from 'vitest';
import { amendPlan, type AmendedPlan } from '../../../src/domain/plan/amendment/amend-plan.ts';
import type { PlanStanding } from '../../../src/domain/plan/amendment/plan-draft.ts';
import type { Sprint, Task } from '../../../src/domain/plan/plan.ts';
import type { TaskPhase } from '../../../src/domain/views.ts';
import { planOf, roster } from './plan-fixture.ts';

const core = {
  id: 'core',
  duration: '2h',
  agents: ['builder', 'ann'],
  tasks: [
    {
      id: 'lexer',
      agent: 'builder',
      estimate: '40m',
      escalation: { levels: [{ to: ['ann'], within: '1h' }], otherwise: 'stop' },
      budget: { time: '1h', attempts: 2 },
    },
    { id: 'parser', agent: 'builder', dependsOn: ['lexer'] },
    { id: 'printer', agent: 'builder', dependsOn: ['lexer'] },
    { id: 'manual', agent: 'builder', dependsOn: ['parser', 'printer'] },
    { id: 'sign-off', agent: 'ann', dependsOn: ['manual'] },
  ],
  checkpoints: [
    { id: 'freeze', after: ['lexer', 'parser'], agents: ['builder'] },
    { id: 'end', after: ['sign-off'], agents: ['ann'] },
  ],
};
const later = { id: 'later', agents: ['tester', 'builder'], tasks: [{ id: 'tests', skills: ['test'], dependsOn: ['parser'] }] };
const past = { id: 'past', dependsOn: [], agents: ['builder'], tasks: [{ id: 'old' }] };
const plan = planOf({
  pact: 1,
  project: { name: 'Parser' },
  resources: [{ id: 'bench-machine', capacity: 2 }],
  sprints: [past, core, later],
  triggers: [{ agent: 'tester', when: { any: [{ task: 'printer', reached: 'finished' }, { after: '1h' }] } }],
});

interface Given {
  readonly states?: Readonly<Record<string, TaskPhase>>;
  readonly active?: boolean;
}

const UNUSED: Pick<PlanStanding, 'agentBudgets' | 'accountOf'> = {
  agentBudgets: new Map(),
  accountOf: () => ({ spent: noAmounts(), toppedUp: noAmounts() }),
};

function amend(changes: unknown, { states = {}, active = false }: Given = {}) {
  const standing: PlanStanding = {
    taskState: (id) => states[id] ?? (id === 'old' ? 'done' : 'waiting'),
    isSprintOver: (id) => id === 'past',
    isInactive: () => !active,
    ...UNUSED,
  };
  return amendPlan(plan, changes, { facts: roster, standing });
}

function amended(changes: unknown, given?: Given): AmendedPlan & { task: (id: string) => Task | undefined } {
  const result = amend(changes, given);
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 2));
  const tasks = result.value.plan.sprints.flatMap((sprint) => sprint.tasks);
  return { ...result.value, task: (id) => tasks.find((task) => task.id === id) };
}

const idsOf = (task: Task | undefined): string[] => (task?.dependsOn ?? []).map((on) => on.task);

describe('an amended plan', () => {
  it('has new tasks last, with their defaults, and leaves everything else as the same object', () => {
    const { plan: next, task, touched } = amended([{ addTask: { sprint: 'core', task: { id: 'docs', agent: 'builder' } } }]);
    expect(next.sprints[1]?.tasks.map(({ id }) => id)).toEqual(['lexer', 'parser', 'printer', 'manual', 'sign-off', 'docs']);
    expect(task('docs')).toMatchObject({ title: 'docs', priority: 'normal', budget: { timeMs: null, attempts: 3 } });
    expect(task('lexer')).toBe(plan.sprints[1]?.tasks[0]);
    expect([next.sprints[0], next.sprints[2]]).toEqual([plan.sprints[0], plan.sprints[2]]);
    expect(next.sprints[2]).toBe(plan.sprints[2]);
    expect(touched).toEqual(['docs']);
  });

  it('has changed fields and no others, durations in ms, defaults for null', () => {
    const set = { estimate: '1h', priority: 'high', budget: { attempts: 5 }, skills: ['build'], escalation: null };
    const { task, restart } = amended([{ changeTask: { task: 'lexer', set, restart: true } }]);
    const { escalation: _, ...old } = (plan.sprints[1] as Sprint).tasks[0] as Task;
    expect(task('lexer')).toEqual({
      ...old,
      estimateMs: 3_600_000,
      priority: 'high',
      skills: ['build'],
      budget: { timeMs: 3_600_000, attempts: 5 },
    });
    expect(restart).toEqual(['lexer']);
    expect(amended([{ changeTask: { task: 'lexer', set: { budget: null, estimate: null } } }]).task('lexer')).toMatchObject({
      estimateMs: null,
      budget: { timeMs: null, attempts: 3 },
    });
  });

  it('has a cancelled task in its place, which what depended on it does not wait for, or is cancelled with it', () => {
    const released = amended([{ cancelTask: { task: 'manual', dependents: 'release' } }]);
    expect(released.task('manual')).toMatchObject({ cancelled: true });
    expect(idsOf(released.task('sign-off'))).toEqual([]);
    const after = [{ addTask: { sprint: 'core', task: { id: 'note', agent: 'ann', dependsOn: ['manual'] } } }];
    const both = amended([...after, { cancelTask: { task: 'parser', dependents: 'release' } }, { cancelTask: { task: 'note' } }]);
    expect(idsOf(both.task('manual'))).toEqual(['printer']);
    expect(both.plan.sprints[1]?.checkpoints[0]?.after).toEqual(['lexer']);
    expect(both.task('note')).toBeUndefined();
    expect(both.touched).toEqual(['parser', 'manual', 'tests']);
    const all = amend([{ cancelTask: { task: 'manual', dependents: 'cancel' } }]);
    expect(all.ok ? [] : all.error.map(({ message }) => message)).toEqual(['checkpoint end comes after sign-off alone']);
    const twice = amendPlan(both.plan, [{ cancelTask: { task: 'printer', dependents: 'release' } }], {
      facts: roster,
      standing: { taskState: () => 'waiting', isSprintOver: () => false, isInactive: () => false, ...UNUSED },
    });
    expect(twice.ok && twice.value.touched).toEqual(['printer', 'manual']);
  });

  it('has the parts of a split task in its place: they inherit what it waits for, the last of them what waits for it', () => {
    const into = [
      { id: 'p1', agent: 'builder' },
      { id: 'p2', agent: 'builder', dependsOn: ['p1'] },
    ];
    const { task, plan: next } = amended([{ splitTask: { task: 'parser', into } }]);
    expect(task('parser')).toMatchObject({ cancelled: true });
    expect([idsOf(task('p1')), idsOf(task('p2'))]).toEqual([['lexer'], ['p1']]);
    expect([idsOf(task('manual')), idsOf(task('tests'))]).toEqual([['printer', 'p2'], ['p2']]);
    expect(next.sprints[1]?.checkpoints[0]?.after).toEqual(['lexer', 'p2']);
  });

  it('has agents that come and go, and another planned length', () => {
    const { plan: next } = amended([
      { addAgent: { sprint: 'core', agent: 'tester' } },
      { changeSprint: { sprint: 'core', duration: null } },
      { addAgent: { sprint: 'later', agent: 'ann' } },
      { removeAgent: { sprint: 'later', agent: 'builder' } },
    ]);
    expect(next.sprints.map(({ agents }) => agents)).toEqual([['builder'], ['builder', 'ann', 'tester'], ['tester', 'ann']]);
    expect(next.sprints[1]).toMatchObject({ durationMs: null, checkpoints: plan.sprints[1]?.checkpoints });
  });

  it('may lose the agent of what is over', () => {
    const states = { lexer: 'done', parser: 'done', printer: 'failed', manual: 'skipped', 'sign-off': 'skipped' } as const;
    const changes = [
      { removeAgent: { sprint: 'later', agent: 'builder' } },
      { cancelTask: { task: 'tests' } },
      { addTask: { sprint: 'later', task: { id: 'again', skills: ['test'], dependsOn: ['parser'] } } },
    ];
    expect(amended(changes, { states, active: true }).plan.sprints[2]?.agents).toEqual(['tester']);
  });
});

describe('an amendment is refused', () => {
  const cook = { id: 'x', skills: ['cook'] };
  it.each<[string, unknown, string, string, Given?]>([
    ['no list', { addTask: {} }, 'changes', 'expected a list'],
    ['no change', [], 'changes', 'at least one change'],
    ['no JSON', [Number.NaN], 'changes[0]', 'expected JSON data'],
    ['an unknown kind', [{ dropTask: { task: 'lexer' } }], 'changes[0].dropTask', 'unknown field "dropTask"'],
    [
      'a misspelt field',
      [{ changeTask: { task: 'lexer', set: { agnt: 'ann' } } }],
      'changes[0].changeTask.set.agnt',
      'unknown field "agnt"',
    ],
    [
      'an id that changes',
      [{ changeTask: { task: 'lexer', set: { id: 'y' } } }],
      'changes[0].changeTask.set.id',
      'unknown field "id"',
    ],
    ['nothing to set', [{ changeTask: { task: 'lexer', set: {} } }], 'changes[0].changeTask.set', 'at least one field'],
    ['an unknown sprint', [{ addTask: { sprint: 'cor', task: cook } }], 'changes[0].addTask.sprint', 'unknown sprint "cor"'],
    [
      'a sprint like none',
      [{ changeSprint: { sprint: 'zzzzz', duration: '1h' } }],
      'changes[0].changeSprint.sprint',
      'unknown sprint "zzzzz"',
    ],
    [
      'a sprint that is over',
      [{ addAgent: { sprint: 'past', agent: 'ann' } }],
      'changes[0].addAgent.sprint',
      'sprint past is over',
    ],
    [
      'a task of a sprint that is over',
      [{ cancelTask: { task: 'old' } }],
      'changes[0].cancelTask.task',
      'sprint past of task old is over',
    ],
    ['an unknown task', [{ cancelTask: { task: 'lexr' } }], 'changes[0].cancelTask.task', 'unknown task "lexr"'],
    ['a task like none', [{ splitTask: { task: 'zzzzz', into: [cook] } }], 'changes[0].splitTask.task', 'unknown task "zzzzz"'],
    [
      'a task that is done',
      [{ changeTask: { task: 'lexer', set: { title: 'x' } } }],
      'changes[0].changeTask.task',
      'task lexer is done',
      { states: { lexer: 'done' } },
    ],
    [
      'a task that another change cancels',
      [{ cancelTask: { task: 'manual', dependents: 'release' } }, { changeTask: { task: 'manual', set: { title: 'x' } } }],
      'changes[1].changeTask.task',
      'is cancelled by another change',
    ],
    [
      'an id that is taken',
      [{ addTask: { sprint: 'core', task: { id: 'tests' } } }],
      'changes[0].addTask.task.id',
      'has a task tests already',
    ],
    [
      'a part that waits for the task in whose place it comes',
      [{ splitTask: { task: 'parser', into: [{ id: 'p1', agent: 'builder', dependsOn: ['parser'] }] } }],
      'changes[0].splitTask.into[0].dependsOn[0]',
      'unknown task "parser"',
    ],
    [
      'a part that is there already',
      [{ splitTask: { task: 'parser', into: [{ id: 'tests' }] } }],
      'changes[0].splitTask.into[0].id',
      'has a task tests already',
    ],
    [
      'skills that nobody has',
      [{ addTask: { sprint: 'core', task: cook } }],
      'changes[0].addTask.task.skills',
      'nobody in sprint core',
    ],
    [
      'an agent that the roster lacks',
      [{ addAgent: { sprint: 'core', agent: 'bob' } }],
      'changes[0].addAgent.agent[2]',
      'unknown agent "bob"',
    ],
    [
      'an agent of the sprint already',
      [{ addAgent: { sprint: 'core', agent: 'ann' } }],
      'changes[0].addAgent.agent',
      'works in sprint core already',
    ],
    [
      'an agent that is not there',
      [{ removeAgent: { sprint: 'core', agent: 'tester' } }],
      'changes[0].removeAgent.agent',
      'does not work in sprint core',
    ],
    [
      'an agent that tasks name',
      [{ removeAgent: { sprint: 'core', agent: 'builder' } }],
      'changes',
      'agent builder does not work in sprint core (at sprints[1]',
    ],
    [
      'an unknown check',
      [{ changeTask: { task: 'lexer', set: { checks: ['lnt'] } } }],
      'changes[0].changeTask.set.checks[0]',
      'unknown check "lnt"',
    ],
    [
      'a cycle',
      [{ changeTask: { task: 'lexer', set: { dependsOn: ['manual'] } } }],
      'changes[0].changeTask.set.dependsOn',
      'dependency cycle',
    ],
    [
      'a dependency on what failed',
      [{ addTask: { sprint: 'core', task: { id: 'x', agent: 'ann', dependsOn: [{ task: 'lexer' }] } } }],
      'changes[0].addTask.task.dependsOn[0]',
      'task lexer is failed: nothing can wait for it',
      { states: { lexer: 'failed' } },
    ],
    [
      'a dependency on what is cancelled',
      [
        { cancelTask: { task: 'manual', dependents: 'release' } },
        { changeTask: { task: 'sign-off', set: { dependsOn: ['manual'] } } },
      ],
      'changes[1].changeTask.set.dependsOn[0]',
      'task manual is cancelled: nothing can wait for it',
    ],
    [
      'what others depend on',
      [{ cancelTask: { task: 'manual' } }],
      'changes[0].cancelTask.task',
      'task sign-off depends on manual',
    ],
    [
      'what a trigger waits for',
      [{ cancelTask: { task: 'printer', dependents: 'release' } }],
      'changes[0].cancelTask.task',
      'the trigger of agent tester waits for task printer',
    ],
    [
      'a new dependency of a task at work',
      [{ changeTask: { task: 'parser', set: { dependsOn: ['lexer', 'printer'] } } }],
      'changes[0].changeTask.set.dependsOn',
      'task parser is at work',
      { states: { lexer: 'done', parser: 'blocked' } },
    ],
  ])('that names %s', (_name, changes, path, message, given) => {
    const result = amend(changes, given);
    expect(result.ok ? [] : result.error).toContainEqual(
      expect.objectContaining({ path, message: expect.stringContaining(message) as string }),
    );
  });

  it('with all mistakes at once, and changes nothing', () => {
    const before = JSON.stringify(plan);
    const result = amend([{ cancelTask: { task: 'nobody' } }, { addTask: { sprint: 'core', task: cook } }]);
    expect(result.ok ? [] : result.error.map(({ path }) => path)).toEqual([
      'changes[0].cancelTask.task',
      'changes[1].addTask.task.skills',
    ]);
    expect(JSON.stringify(plan)).toBe(before);
  });

  it('not for a dependency that is done, that was there, or with a restart, of a task at work', () => {
    const states = { lexer: 'done', parser: 'running', printer: 'running' } as const;
    const set = { dependsOn: ['lexer'] };
    expect(amend([{ changeTask: { task: 'parser', set } }], { states }).ok).toBe(true);
    const wait = { changeTask: { task: 'parser', set: { dependsOn: ['printer', 'nobody'] }, restart: true } };
    const result = amend([wait], { states });
    expect(result.ok ? [] : result.error.map(({ message }) => message)).toEqual(['unknown task "nobody"']);
  });
});

describe('an amendment of a large plan', () => {
  const large = planOf({
    pact: 1,
    project: { name: 'Large' },
    sprints: [
      { id: 'all', tasks: Array.from({ length: 150 }, (_, n) => ({ id: `t${n}`, input: { text: 'x'.repeat(55_000) } })) },
    ],
  });
  const standing: PlanStanding = { taskState: () => 'waiting', isSprintOver: () => false, isInactive: () => false, ...UNUSED };

  it('is refused when the plan would grow past its limit, by parts too that were there before', () => {
    const set = (length: number) => [{ changeTask: { task: 't0', set: { input: { text: 'y'.repeat(length) } } } }];
    const addTasks = [1, 2, 3].map((n) => ({
      addTask: { sprint: 'all', task: { id: `more-${n}`, input: { text: 'z'.repeat(50_000) } } },
    }));
    expect(amendPlan(large, set(60_000), { facts: roster, standing }).ok).toBe(true);
    const refused = amendPlan(large, addTasks, { facts: roster, standing });
    if (refused.ok) throw new Error('it was accepted');
    expect(refused.error.map(({ message }) => message)).toEqual([expect.stringMatching(/^the plan takes \d+ bytes .* limit is/)]);
  });
});
