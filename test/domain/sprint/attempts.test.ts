import { describe, expect, it } from 'vitest';
import { agent, START, task } from './sprint-definition.ts';
import { deliverable, runSprint } from './sprint-run.ts';

const al = agent('al');
const only = (given: Parameters<typeof task>[1] = {}) => runSprint({ tasks: [task('a', given)], agents: [al] });

describe('attempts', () => {
  it('the request of an attempt says everything that the agent and its worker need', () => {
    const sprint = runSprint({
      tasks: [
        task('spec'),
        task('a', {
          dependsOn: ['spec'],
          budget: { timeMs: 90_000, attempts: 2 },
          stallAfterMs: 5_000,
          input: { x: 1 },
          checks: ['unit-tests'],
        }),
      ],
      agents: [agent('al', { capacity: 2 }), agent('bo')],
      checks: [
        { id: 'lint', digest: '1' },
        { id: 'unit-tests', digest: '2' },
      ],
    });
    sprint.start();
    sprint.finish('spec', [deliverable('grammar')]);
    const perform = sprint.effects().findLast((effect) => effect.type === 'perform');
    expect(perform).toMatchObject({ queue: 'pact-agents', budgetMs: 90_000, summary: 'bo: a' });
    expect(sprint.performed()[1]).toEqual({
      executionId: 'release',
      ownerId: 'release/sprint/core',
      sprint: 'core',
      agent: 'bo',
      digest: 'digest of bo',
      attempt: 1,
      task: {
        id: 'a',
        title: 'a',
        description: null,
        input: { x: 1 },
        deliverables: [],
        estimateMs: 6e4,
        priority: 'normal',
        checks: [
          {
            id: 'unit-tests',
            digest: '2',
          },
        ],
      },
      deadline: new Date(START + 90_000).toISOString(),
      stallAfterMs: 5_000,
      leases: [],
      inputs: [{ task: 'spec', deliverable: deliverable('grammar') }],
      feedback: [],
      digestOfOthers: '',
      nextCoordinationPoint: null,
    });
  });

  it('each attempt is told who does what now, at most ten lines', () => {
    const agents = Array.from({ length: 14 }, (_, number) => agent(`a${number + 10}`));
    const sprint = runSprint({ tasks: agents.map(({ id }, number) => task(`t${number + 10}`, { agent: id })), agents });
    sprint.start();
    expect(sprint.performed()[2]?.digestOfOthers).toBe('a10: t10\na11: t11');
    expect(sprint.performed()[13]?.digestOfOthers.split('\n')).toHaveLength(10);
  });

  it('an agent that says nothing of its task is said to have one', () => {
    const sprint = runSprint({
      tasks: [task('a', { agent: 'al' }), task('b', { agent: 'al' }), task('c', { agent: 'bo', dependsOn: ['b'] })],
      agents: [agent('al', { capacity: 2 }), agent('bo')],
    });
    sprint.start();
    sprint.report('a', { current_task: null });
    sprint.finish('b', []);
    sprint.report('a', { current_task: null });
    expect(sprint.performed().at(-1)?.digestOfOthers).toBe('al: b');
    sprint.fail('c');
    expect(sprint.performed().at(-1)?.digestOfOthers).toBe('al: 1 task(s)');
  });

  it('a result ends the task, and its deliverables are kept', () => {
    const sprint = only();
    sprint.start();
    sprint.passTime(30_000);
    sprint.finish('a', [deliverable('code')]);
    expect(sprint.runOf('a')).toMatchObject({
      state: 'done',
      summary: 'a is done',
      deliverables: [deliverable('code')],
      endedAt: sprint.now(),
    });
    expect(sprint.state.phase).toBe('completed');
    expect(sprint.textsOf('taskFinished')).toEqual(['al finished "a" in attempt 1']);
    expect(sprint.state.agents[0]?.last).toMatchObject({
      status: 'completed',
      progress_percentage: 100,
      outputs_ready: ['code'],
    });
  });

  it('the first retry is at once, the next after 1 s, 2 s, 4 s … up to a minute', () => {
    const sprint = only({ budget: { timeMs: null, attempts: 12 } });
    sprint.start();
    const delays: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      const failedAt = sprint.now();
      sprint.fail('a');
      while (sprint.runOf('a').attempt === attempt) sprint.wake();
      delays.push(sprint.now() - failedAt);
    }
    expect(delays).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('an attempt is told why the earlier ones failed, the last ten of them', () => {
    const sprint = only({ budget: { timeMs: null, attempts: 20 } });
    sprint.start();
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      sprint.fail('a', { message: `reason ${attempt}` });
      while (sprint.runOf('a').attempt === attempt) sprint.wake();
    }
    const feedback = sprint.performed().at(-1)?.feedback ?? [];
    expect(feedback).toHaveLength(10);
    expect(feedback[9]).toBe('Attempt 12 failed: reason 12');
  });

  it('a task fails when its attempts are used up, and what depends on it at any distance is skipped', () => {
    const tasks = [
      task('a', { budget: { timeMs: null, attempts: 2 } }),
      task('b', { dependsOn: ['a'] }),
      task('c', { dependsOn: ['b'] }),
      task('d', { dependsOn: ['b', 'c'] }),
      task('free'),
    ];
    const sprint = runSprint({ tasks, agents: [al] });
    sprint.start();
    sprint.fail('a');
    sprint.fail('a', { message: 'broken again' });
    expect(sprint.runOf('a')).toMatchObject({ state: 'failed', reason: 'broken again' });
    expect([sprint.stateOf('b'), sprint.stateOf('c'), sprint.stateOf('d')]).toEqual(['skipped', 'skipped', 'skipped']);
    expect(sprint.runOf('c').reason).toBe('depends on "a", which did not get done');
    expect(sprint.textsOf('taskFailed')).toEqual(['"a" failed after 2 of 2 attempts: broken again']);
    expect(sprint.textsOf('taskSkipped')).toHaveLength(3);
    sprint.finish('free');
    expect(sprint.state).toMatchObject({ phase: 'failed', reason: '1 of 5 tasks failed' });
  });

  it('what the checks said of a failed attempt is in the ledger, the end of their output', () => {
    const sprint = only();
    sprint.start();
    const check = { check: 'lint', ok: false, command: ['lint', '.'], exitCode: 1, durationMs: 20 };
    sprint.fail('a', { checks: [{ ...check, tail: `${'x'.repeat(600)}end` }] });
    const failed = sprint.effects().find((effect) => effect.type === 'journal' && effect.event === 'attemptFailed');
    expect(failed).toMatchObject({ data: { task: 'a', checks: [{ ...check, tail: `${'x'.repeat(509)}end` }] } });
  });

  it('a failure that is not worth a retry ends the task at once', () => {
    const sprint = only();
    sprint.start();
    sprint.fail('a', { retryable: false });
    expect(sprint.runOf('a')).toMatchObject({ state: 'failed', attempt: 1 });
    expect(sprint.state.agents[0]?.last).toMatchObject({ status: 'error', blocking_issues: ['it broke'] });
  });

  it('lost attempts do not use up the budget; the first is redone at once, the next back off', () => {
    const sprint = only({ budget: { timeMs: null, attempts: 1 } });
    sprint.start();
    const delays: number[] = [];
    for (let attempt = 1; attempt <= 9; attempt += 1) {
      const lostAt = sprint.now();
      sprint.fail('a', { cause: 'lost', message: 'worker died' });
      while (sprint.runOf('a').attempt === attempt) sprint.wake();
      delays.push(sprint.now() - lostAt);
    }
    expect(delays).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(sprint.runOf('a')).toMatchObject({ failures: 0, attempt: 10, feedback: [] });
    sprint.finish('a');
    expect(sprint.state.phase).toBe('completed');
  });

  it('an attempt stopped by nobody of ours is redone like a lost one', () => {
    const sprint = only();
    sprint.start();
    sprint.fail('a', { cause: 'stopped' });
    expect(sprint.runOf('a')).toMatchObject({ state: 'running', attempt: 2, losses: 1 });
  });

  it.each([
    { what: 'of an earlier attempt', id: 'a', attempt: 1 },
    { what: 'of an attempt that is to come', id: 'a', attempt: 3 },
    { what: 'of a task that waits', id: 'b', attempt: 0 },
    { what: 'of a task that nobody knows', id: 'none', attempt: 1 },
  ])('an outcome $what is refused and logged', ({ id, attempt }) => {
    const sprint = runSprint({ tasks: [task('a'), task('b', { dependsOn: ['a'] })], agents: [al] });
    sprint.start();
    sprint.fail('a');
    sprint.finish(id, [], attempt);
    sprint.fail(id, {}, attempt);
    expect(sprint.runOf('a')).toMatchObject({ state: 'running', attempt: 2, failures: 1 });
    expect(sprint.textsOf('staleAttemptRefused')).toEqual(
      Array(2).fill(`an outcome of attempt ${attempt} of "${id}" was refused: it is not the current attempt`),
    );
  });

  it('after the end a late outcome changes nothing but the log, and other events nothing at all', () => {
    const sprint = only();
    sprint.start();
    sprint.finish('a');
    sprint.fail('a');
    const before = JSON.stringify(sprint.state);
    sprint.happen({ type: 'paused', by: 'ann' });
    expect(JSON.stringify(sprint.state)).toBe(before);
    expect(sprint.state.phase).toBe('completed');
    expect(sprint.events().at(-1)).toBe('staleAttemptRefused');
  });

  it('the end comes with the number of failures in one phase: completed, failed', () => {
    const sprint = runSprint({ tasks: [task('a'), task('b')], agents: [al] });
    sprint.start();
    sprint.finish('a');
    expect(sprint.state.endedAt).toBeNull();
    sprint.fail('b', { retryable: false });
    expect(sprint.state).toMatchObject({ phase: 'failed', endedAt: sprint.now(), timers: [] });
    expect(sprint.textsOf('sprintEnded')).toEqual(['sprint core failed']);
  });

  it('long words of agents are cut where they are kept and whole in the ledger', () => {
    const sprint = only({ budget: { timeMs: null, attempts: 2 } });
    sprint.start();
    const message = `${'x'.repeat(498)}😀${'y'.repeat(2_000)}`;
    sprint.fail('a', { message, tail: 'z'.repeat(5_000) });
    expect(sprint.runOf('a').feedback[0]).toBe(`Attempt 1 failed: ${'x'.repeat(498)}…`);
    const entry = sprint.effects().find((effect) => effect.type === 'journal' && effect.event === 'attemptFailed');
    expect(entry).toMatchObject({ text: `attempt 1 of "a" ended: ${message}`, data: { tail: 'z'.repeat(1_024) } });
    expect(JSON.stringify(sprint.state.decisions).length).toBeLessThan(2_000);
    sprint.happen({ type: 'taskFinished', taskId: 'a', attempt: 2, summary: null, deliverables: [] });
    expect(sprint.runOf('a')).toMatchObject({ summary: null, state: 'done' });
  });
});
