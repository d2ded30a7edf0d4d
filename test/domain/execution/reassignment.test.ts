import { describe, expect, it } from 'vitest';
import { addMuch, runAmendable } from './amendment-run.ts';
import { news, runExecution } from './execution-run.ts';

const to = (taskId: string, agentId: string, more: object = {}): object => ({ by: 'ann', taskId, agentId, ...more });

describe('a task reassigned to another agent', () => {
  it('is told to its sprint under way', () => {
    const run = runAmendable();
    expect(run.send('reassignTask', to('lexer', 'ann', { force: true, reason: 'ill' }))).toBe('accepted');
    expect(run.forwards()).toMatchObject([
      {
        name: 'reassignTask',
        payload: { by: 'ann', taskId: 'lexer', agentId: 'ann', reason: 'ill', force: true },
        sprintIds: ['core'],
      },
    ]);
  });

  it('is told to a sprint that starts later at its start', () => {
    const run = runAmendable();
    expect(run.send('reassignTask', to('tests', 'builder'))).toBe('accepted');
    expect(run.forwards()).toEqual([]);
    run.endSprint('core');
    const start = run.effects().find((effect) => effect.type === 'startSprint' && effect.sprintId === 'later');
    expect(start).toMatchObject({
      earlier: [{ name: 'reassignTask', payload: { taskId: 'tests', force: false, reason: null } }],
    });
  });

  it.each([
    ['of a message that is none', 'nonsense', /^InvalidMessage/],
    ['of a task that the plan does not have', to('other', 'builder'), /^UnknownTask: the plan has no task "other"/],
    [
      'to an agent of another sprint',
      to('tests', 'ann'),
      /^UnknownAgent: "ann" does not work in sprint later, which has builder/,
    ],
    ['to another than the plan names', to('lexer', 'ann'), /is not builder, whom the plan names; or send force: true$/],
    ['to an agent without the skills', to('manual', 'ann'), /it lacks one of build; or send force: true$/],
  ])('is refused %s', (_what, body, message) => {
    const run = runAmendable();
    expect(run.send('reassignTask', body)).toMatch(message);
    expect(run.state.reassignments).toBeUndefined();
  });

  it('is refused while the plan is being prepared', () => {
    expect(runExecution().send('reassignTask', to('lexer', 'ann'))).toMatch(/^UnknownTask/);
  });

  it('is refused when it is done, cancelled, or its sprint is over', () => {
    const run = runAmendable();
    run.tell('core', {}, [news('lexer')]);
    run.amend([{ cancelTask: { task: 'manual' } }]);
    expect(run.send('reassignTask', to('lexer', 'builder'))).toMatch(/^NotAllowedInPhase: task "lexer" is done/);
    expect(run.send('reassignTask', to('manual', 'builder'))).toMatch(/^NotAllowedInPhase: task "manual" is cancelled/);
    run.endSprint('core', 'completed');
    expect(run.send('reassignTask', to('parser', 'builder'))).toMatch(/^NotAllowedInPhase: sprint core .* has been ended/);
  });

  it('stays with that agent when an amendment changes something else of it, and goes where an amendment says', () => {
    const run = runAmendable();
    run.send('reassignTask', to('parser', 'ann', { force: true }));
    run.amend([{ changeTask: { task: 'parser', set: { title: 'The parser' } } }]);
    expect(run.letters().at(-1)).toMatchObject({ amendment: { tasks: [{ id: 'parser', agent: 'ann' }] } });
    run.amend([{ changeTask: { task: 'parser', set: { agent: 'ann' } } }]);
    expect(run.state.reassignments).toEqual({});
    expect(run.amend([addMuch()])).toBe('accepted');
  });
});
