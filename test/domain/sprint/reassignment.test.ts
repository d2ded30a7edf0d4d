import { describe, expect, test } from 'vitest';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

/** `code` is for who can code: `ann` and `ben`, not `cleo`; `named` is for ann by name. */
function runStarted() {
  const agents = [agent('ann', { skills: ['code'] }), agent('ben', { skills: ['code'] }), agent('cleo')];
  const run = runSprint({
    agents,
    tasks: [task('code', { skills: ['code'] }), task('named', { agent: 'ann', dependsOn: ['code'] })],
  });
  run.start();
  return run;
}

const move = (run: ReturnType<typeof runStarted>, taskId: string, agentId: string, more: object = {}): string =>
  run.send('reassignTask', { by: 'lead', taskId, agentId, ...more });

describe('reassignTask', () => {
  test('takes a task at work from its agent: the new one begins when the old one has ended', () => {
    const run = runStarted();
    expect(run.agentIdOf('code')).toBe('ann');
    expect(move(run, 'code', 'ben', { reason: 'ann is needed elsewhere' })).toBe('accepted');
    expect(run.cancelled()).toEqual(['code#1']);
    run.finish('code', [], 1);
    expect(run.textsOf('staleAttemptRefused')).toHaveLength(1);
    expect(run.runOf('code')).toMatchObject({ state: 'running', attempt: 2, failures: 0 });
    expect(run.agentIdOf('code')).toBe('ben');
    expect(run.textsOf('taskReassigned')).toEqual(['"code" is reassigned to ben by lead: ann is needed elsewhere']);
  });

  test('is refused when that agent is at work on it already', () => {
    const run = runStarted();
    expect(move(run, 'code', 'ann')).toBe('NotAllowedInPhase: "ann" is at work on "code" already');
  });

  test('of a task that waits holds from its first attempt on', () => {
    const run = runStarted();
    expect(move(run, 'named', 'ben', { force: true })).toBe('accepted');
    expect(run.textsOf('taskReassigned')).toEqual([
      '"named" is reassigned to ben by lead (forced: the plan would not have chosen it)',
    ]);
    run.finish('code');
    expect(run.agentIdOf('named')).toBe('ben');
  });

  test('goes beyond what the plan says only when forced', () => {
    const run = runStarted();
    expect(move(run, 'code', 'cleo')).toContain('"cleo" may not do "code" by the plan: it lacks code');
    expect(move(run, 'named', 'ben')).toContain('"ben" may not do "named" by the plan: it is not ann, whom the plan names');
    expect(run.events()).not.toContain('taskReassigned');
  });

  test('is refused for what is unknown, has ended, or was taken out of the sprint', () => {
    const run = runStarted();
    expect(move(run, 'nothing', 'ben')).toContain('UnknownTask: "nothing" is not in this sprint');
    expect(move(run, 'code', 'nobody')).toContain('UnknownAgent: "nobody" is not in this sprint');
    run.finish('code');
    expect(move(run, 'code', 'ben')).toContain('task "code" is done: only one that has not ended can be reassigned');
  });
});

describe('a task that somebody stands in for while a contingency is in force', () => {
  const contingencies = [
    { when: { agent: 'ann', state: 'unavailable' as const }, tasks: ['next', 'page'], do: [{ useAgent: 'ben' }] },
  ];
  const run = () => {
    const tasks = [task('page', { agent: 'ann' }), task('next', { agent: 'ann', dependsOn: ['page'] })];
    const sprint = runSprint({ tasks, agents: [agent('ann'), agent('ben'), agent('cleo')], contingencies });
    sprint.start();
    sprint.send('agentAvailability', { agent_id: 'ann', available: false });
    sprint.fail('page', { cause: 'stopped' });
    expect(sprint.agentIdOf('page')).toBe('ben');
    return sprint;
  };

  test('goes to whom it is given to then, and not back to the stand-in; what is given to nobody keeps it', () => {
    const sprint = run();
    expect(sprint.send('reassignTask', { by: 'lead', taskId: 'page', agentId: 'cleo', force: true })).toBe('accepted');
    sprint.fail('page', { cause: 'stopped' });
    expect(sprint.agentIdOf('page')).toBe('cleo');
    sprint.finish('page');
    expect(sprint.agentIdOf('next')).toBe('ben');
  });

  test('is stood in for again when the contingency comes into force anew', () => {
    const sprint = run();
    for (const agentId of ['ann', 'cleo'])
      expect(sprint.send('reassignTask', { by: 'lead', taskId: 'next', agentId, force: true })).toBe('accepted');
    sprint.send('agentAvailability', { agent_id: 'ann', available: true });
    sprint.send('agentAvailability', { agent_id: 'ann', available: false });
    sprint.finish('page');
    expect(sprint.agentIdOf('next')).toBe('ben');
  });
});
