import { describe, expect, it } from 'vitest';
import type { EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import { policyFor, startEscalation } from '../../../src/domain/sprint/escalations.ts';
import { createTurn } from '../../../src/domain/sprint/evolve.ts';
import type { Turn } from '../../../src/domain/sprint/turn.ts';
import { chain, escalatingSprint as sprintOf } from './escalation-run.ts';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

describe('escalation of a task that would fail for good', () => {
  it('starts a child with cause, chain and the agents that it names; the task waits', () => {
    const sprint = sprintOf({ priority: 'urgent' });
    sprint.fail('shaky');
    const [start] = sprint.started();
    expect(start).toMatchObject({ kind: 'escalation', n: 1, input: { sprint: 'core', policy: chain, agents: [{ id: 'w' }] } });
    expect(start?.input).toMatchObject({ cause: { kind: 'taskFailed', severity: 'critical', task: 'shaky', text: 'it broke' } });
    expect(sprint.stateOf('shaky')).toBe('waiting');
    expect(sprint.stateOf('after')).toBe('waiting');
    expect(sprint.state.alerts.map(({ id, kind }) => [id, kind])).toEqual([['escalation/1', 'quality']]);
    expect(sprint.atWork()).toEqual(['other']);
  });

  it('takes the chain of the task before that of the plan, and has one of its own', () => {
    const own: EscalationPolicy = { levels: [{ to: ['cy'], via: [], withinMs: 1 }], otherwise: 'skip' };
    const sprint = sprintOf({ own, priority: 'high' });
    sprint.fail('shaky');
    expect(sprint.started()[0]?.input).toMatchObject({ policy: own, cause: { severity: 'high' } });
    const plain = runSprint({ agents: [agent('w')], tasks: [task('a')], people: 'anyone' });
    expect(policyFor(plain.sprint, { task: null })).toMatchObject({ levels: [{ to: [] }], otherwise: 'stop' });
    const named = runSprint({ agents: [agent('w')], tasks: [task('a')], people: ['dora'] });
    expect(policyFor(named.sprint, { task: 'a' }).levels[0]?.to).toEqual(['dora']);
  });

  it('is an inbox item for the level that is asked, and passes on what people answer', () => {
    const sprint = sprintOf();
    sprint.fail('shaky');
    sprint.say();
    expect(sprint.state.inbox['shaky/escalation/1/1']).toMatchObject({
      kind: 'escalation',
      people: ['ann'],
      via: ['ops'],
      task: 'shaky',
    });
    expect(sprint.send('respond', { by: 'bo', itemId: 'shaky/escalation/1/1', decision: 'retry' })).toContain('NotAnApprover');
    sprint.say({ type: 'reminded', level: 1 });
    sprint.say({ type: 'reminded', level: 7 });
    expect(sprint.events().filter((event) => event === 'escalationReminded')).toHaveLength(1);
    expect(sprint.send('respond', { by: 'ann', itemId: 'shaky/escalation/1/1', decision: 'retry', note: 'once more' })).toBe(
      'accepted',
    );
    expect(sprint.told()).toEqual([{ type: 'responded', by: 'ann', decision: 'retry', note: 'once more', data: null }]);
    sprint.say({ level: 2, people: [], via: [] });
    expect(sprint.state.inbox['shaky/escalation/1/2']).toMatchObject({ people: ['dora'] });
    expect(sprint.state.inbox['shaky/escalation/1/2']).not.toHaveProperty('via');
    sprint.say({ level: 3, deadline: sprint.now() });
    expect(Object.keys(sprint.state.inbox)).toEqual([]);
    sprint.say({}, 9);
    sprint.end({}, 9);
    expect(sprint.stateOf('shaky')).toBe('waiting');
  });

  it('leaves an item that nobody answers in time to the chain', () => {
    const sprint = sprintOf();
    sprint.fail('shaky');
    sprint.finish('other');
    sprint.say();
    sprint.wake();
    expect(sprint.events()).toContain('nobodyAnswered');
    expect(sprint.stateOf('shaky')).toBe('waiting');
    expect(sprint.state.phase).toBe('running');
  });

  it.each([
    ['retry', 'running', 'running'],
    ['skip', 'skipped', 'running'],
    ['reject', 'failed', 'running'],
    ['withdrawn', 'failed', 'running'],
    ['hold', 'waiting', 'paused'],
    ['stop', 'waiting', 'stopping'],
  ])('carries out %s', (decision, state, phase) => {
    const sprint = sprintOf();
    sprint.fail('shaky');
    sprint.end({ decision, note: 'so be it', ...(decision === 'withdrawn' ? { by: null, how: 'withdrawn' as const } : {}) });
    expect([sprint.stateOf('shaky'), sprint.state.phase]).toEqual([state, phase]);
    expect(sprint.state.alerts).toEqual([]);
    if (state === 'running') expect(sprint.performed().at(-1)?.feedback.at(-1)).toBe('ann: so be it');
  });

  it('goes on after a resume with what was stopped or held', () => {
    const sprint = sprintOf();
    sprint.fail('shaky');
    sprint.end({ decision: 'hold', by: null, how: 'silence' });
    expect(sprint.send('resume', { by: 'ann' })).toBe('accepted');
    expect(sprint.stateOf('shaky')).toBe('running');
  });

  it('starts anew when its workflow is lost, and fails after five times', () => {
    const sprint = sprintOf();
    sprint.fail('shaky');
    sprint.end(null);
    expect(sprint.started().map(({ n }) => n)).toEqual([1, 2]);
    sprint.end({}, 2);
    for (let n = 3; n <= 6; n += 1) {
      sprint.fail('shaky');
      sprint.end({}, n);
    }
    sprint.fail('shaky');
    expect(sprint.stateOf('shaky')).toBe('failed');
    expect(sprint.started()).toHaveLength(6);
  });

  it('is withdrawn when the sprint is over, and does not come while it is cancelled', () => {
    const sprint = sprintOf();
    sprint.fail('shaky');
    sprint.say();
    sprint.happen({ type: 'cancelRequested' });
    sprint.fail('other', { cause: 'stopped' });
    expect(sprint.state.phase).toBe('cancelled');
    expect(sprint.told()).toEqual([{ type: 'withdrawn', reason: 'the task is cancelled' }]);
    const other = sprintOf();
    other.happen({ type: 'cancelRequested' });
    other.fail('shaky');
    expect(other.started()).toEqual([]);
  });

  it('fails the task at once when too many are open', () => {
    const tasks = Array.from({ length: 51 }, (_, number) =>
      task(`t${number}`, { agent: 'w', budget: { timeMs: null, attempts: 1 } }),
    );
    const sprint = runSprint({ agents: [agent('w', { capacity: 60 })], tasks, escalation: chain });
    sprint.start();
    for (const { id } of tasks) sprint.fail(id);
    expect(sprint.stateOf('t49')).toBe('waiting');
    expect(sprint.stateOf('t50')).toBe('failed');
    expect(sprint.events()).toContain('escalationRefused');
  });

  it('is no escalation where the plan declares none', () => {
    const sprint = runSprint({ agents: [agent('w')], tasks: [task('a', { budget: { timeMs: null, attempts: 1 } })] });
    sprint.start();
    sprint.fail('a');
    expect(sprint.stateOf('a')).toBe('failed');
  });
});

describe('escalation of any cause', () => {
  const cause = (key: string) => ({
    key,
    kind: 'resourceFailure' as const,
    severity: 'high' as const,
    title: 'bench is down',
    text: 'its probe failed',
    task: null,
    agent_id: 'w',
    evidence: {},
    measures: [],
  });
  const within = (sprint: ReturnType<typeof sprintOf>, use: (turn: Turn) => void): void => {
    use(createTurn(sprint.sprint));
  };

  it('is one escalation while the same cause is open, and a bounded number in all', () => {
    const sprint = sprintOf();
    within(sprint, (turn) => {
      expect(startEscalation(turn, cause('bench'), ['stop'])).toBe(true);
      expect(startEscalation(turn, cause('bench'), ['stop'])).toBe(true);
      expect(turn.effects.filter(({ type }) => type === 'startProcedure')).toHaveLength(1);
      expect(turn.effects.at(-1)).toMatchObject({ type: 'tellProcedure', news: { type: 'repeated' } });
      for (let other = 0; other < 49; other += 1) expect(startEscalation(turn, cause(`bench ${other}`), [])).toBe(true);
      expect(startEscalation(turn, cause('one too many'), [])).toBe(false);
    });
    sprint.say();
    expect(sprint.state.inbox['escalation/1/1']?.task).toBeNull();
    expect(sprint.send('respond', { by: 'ann', itemId: 'escalation/1/1', decision: 'stop' })).toBe('accepted');
    sprint.end({ decision: 'acknowledged' });
    expect(sprint.state.phase).toBe('running');
  });
});
