import { describe, expect, it } from 'vitest';
import { agent, START, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';
import { reopenCheckpoints } from '../../../src/domain/sprint/checkpoints.ts';
import { createTurn } from '../../../src/domain/sprint/evolve.ts';

const freeze = { id: 'freeze', after: ['spec'], agents: ['al', 'bo'] };

describe('checkpoints', () => {
  it('the named agents finish what they do and start nothing new until all are idle; then they go on', () => {
    const tasks = [
      task('spec', { agent: 'al' }),
      task('long', { agent: 'bo' }),
      task('next', { agent: 'al', dependsOn: ['spec'] }),
      task('more', { agent: 'bo' }),
    ];
    const sprint = runSprint({ tasks, agents: [agent('al'), agent('bo')], checkpoints: [freeze] });
    sprint.start();
    expect(sprint.atWork()).toEqual(['spec', 'long']);
    sprint.finish('spec');
    expect(sprint.state.checkpoints[0]?.state).toBe('gathering');
    expect(sprint.atWork()).toEqual(['long']);
    sprint.finish('long');
    expect(sprint.state.checkpoints[0]?.state).toBe('passed');
    expect(sprint.atWork()).toEqual(['next', 'more']);
    expect(sprint.textsOf('checkpointReached')).toEqual(['checkpoint "freeze": al, bo finish what they do and synchronise']);
    expect(sprint.textsOf('checkpointPassed')).toEqual(['checkpoint "freeze" passed: al, bo go on']);
  });

  it('a rollback lets agents go that have gathered', () => {
    const tasks = [task('spec', { agent: 'al' }), task('long', { agent: 'bo' })];
    const sprint = runSprint({ tasks, agents: [agent('al'), agent('bo')], checkpoints: [freeze] });
    sprint.start();
    sprint.finish('spec');
    expect(sprint.state.agents.map(({ held }) => held)).toEqual([1, 1]);
    expect(sprint.send('rollback', { by: 'ann', to: 'start' })).toBe('accepted');
    sprint.fail('long', { cause: 'stopped' });
    expect(sprint.state.agents.map(({ held }) => held)).toEqual([0, 0]);
    expect(sprint.atWork()).toEqual(['spec', 'long']);
  });

  it('an agent that is not named goes on meanwhile', () => {
    const tasks = [task('spec', { agent: 'al' }), task('long', { agent: 'bo' }), task('free', { dependsOn: ['spec'] })];
    const sprint = runSprint({ tasks, agents: [agent('al'), agent('bo'), agent('cy')], checkpoints: [freeze] });
    sprint.start();
    sprint.finish('spec');
    expect(sprint.agentIdOf('free')).toBe('cy');
    expect(sprint.textsOf('taskStarted').at(-1)).toContain('al (held by a checkpoint)');
  });

  it('a failed attempt makes an agent idle as well', () => {
    const tasks = [task('spec', { agent: 'al' }), task('long', { agent: 'bo' })];
    const sprint = runSprint({ tasks, agents: [agent('al'), agent('bo')], checkpoints: [freeze] });
    sprint.start();
    sprint.finish('spec');
    sprint.fail('long');
    expect(sprint.state.checkpoints[0]?.state).toBe('passed');
    expect(sprint.runOf('long').attempt).toBe(2);
  });

  it('a checkpoint after a task that fails is never reached and holds nobody', () => {
    const sprint = runSprint({
      tasks: [task('spec'), task('b')],
      agents: [agent('al')],
      checkpoints: [{ ...freeze, agents: ['al'] }],
    });
    sprint.start();
    sprint.fail('spec', { retryable: false });
    expect(sprint.state.checkpoints[0]?.state).toBe('ahead');
    expect(sprint.stateOf('b')).toBe('running');
  });

  it('tasks and agents of other sprints that a checkpoint names do not hold it up', () => {
    const checkpoints = [{ id: 'freeze', after: ['spec', 'elsewhere'], agents: ['al', 'stranger'] }];
    const sprint = runSprint({ tasks: [task('spec'), task('b', { dependsOn: ['spec'] })], agents: [agent('al')], checkpoints });
    sprint.start();
    sprint.finish('spec');
    expect(sprint.state.checkpoints[0]?.state).toBe('passed');
  });

  it('each attempt is told when the next checkpoint of its agent is expected, as far as is known by then', () => {
    const tasks = [
      task('spec', { agent: 'al', estimateMs: 60_000 }),
      task('second', { agent: 'al', estimateMs: 30_000 }),
      task('third', { agent: 'bo', dependsOn: ['second'] }),
      task('last', { agent: 'bo', dependsOn: ['spec', 'third'] }),
    ];
    const checkpoints = [
      { id: 'early', after: ['spec'], agents: ['al'] },
      { id: 'late', after: ['spec', 'third'], agents: ['al', 'bo'] },
    ];
    const sprint = runSprint({ tasks, agents: [agent('al', { capacity: 2 }), agent('bo')], checkpoints });
    sprint.start();
    const expected = (at: number) => sprint.performed()[at]?.nextCoordinationPoint;
    const inSeconds = (seconds: number) => new Date(START + seconds * 1_000).toISOString();
    expect(expected(0)).toBe(inSeconds(60));
    expect(expected(1)).toBe(inSeconds(60));
    sprint.passTime(10_000);
    sprint.finish('spec');
    sprint.finish('second');
    expect(sprint.state.checkpoints[0]?.state).toBe('passed');
    expect(expected(2), 'third is at work now, so its own expected end counts').toBe(inSeconds(70));
    sprint.finish('third');
    expect(sprint.performed()[3]).toMatchObject({ task: { id: 'last' }, nextCoordinationPoint: null });
  });
});

it('a checkpoint that is gathering lets go of its agents when a task before it is open again', () => {
  const sprint = runSprint({
    agents: [agent('al'), agent('bo')],
    tasks: [task('a', { agent: 'al' }), task('b', { agent: 'bo' }), task('c', { agent: 'al', dependsOn: ['a'] })],
    checkpoints: [{ id: 'there', after: ['a'], agents: ['al', 'bo'] }],
  });
  sprint.start();
  sprint.finish('a');
  expect(sprint.state.checkpoints[0]?.state).toBe('gathering');
  sprint.runOf('a').state = 'waiting';
  reopenCheckpoints(createTurn(sprint.sprint));
  expect(sprint.state.checkpoints[0]).toMatchObject({ state: 'ahead', waitsFor: 1 });
  expect(sprint.state.agents.map(({ held }) => held)).toEqual([0, 0]);
});
