import { describe, expect, it } from 'vitest';
import { earlierMessages } from '../../../src/domain/execution/forwarding.ts';
import { createOutcome } from '../../../src/domain/execution/progress-report.ts';
import { toChildDefinition } from '../../../src/domain/execution/sprints.ts';
import type { ExecutionState } from '../../../src/domain/execution/state.ts';
import { amendDefinition, toAmendment } from '../../../src/domain/sprint/amended-definition.ts';
import { fromCarriedState, toCarriedState, type CarriedState } from '../../../src/domain/sprint/carried-state.ts';
import { createSprint } from '../../../src/domain/sprint/create-sprint.ts';
import { evolve } from '../../../src/domain/sprint/evolve.ts';
import type { SprintEvent } from '../../../src/domain/sprint/events.ts';
import { plannedSpec } from '../../../src/domain/sprint/turn.ts';
import { addMuch, runAmendable } from './amendment-run.ts';
import { news, runExecution, START } from './execution-run.ts';

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
    const { agentOf, hear } = coreOf(run.state);
    run.send('reassignTask', to('parser', 'ann', { force: true }));
    hear({ type: 'taskReassigned', by: 'ann', taskId: 'parser', agentId: 'ann', force: true });
    run.amend([{ changeTask: { task: 'parser', set: { title: 'The parser' } } }]);
    hear(amendedBy(run.letters().at(-1)));
    expect(agentOf('parser')).toBe('ann');
    run.amend([{ changeTask: { task: 'parser', set: { agent: 'ann' } } }]);
    expect(run.state.reassignments).toEqual({});
    hear(amendedBy(run.letters().at(-1)));
    run.amend([{ changeTask: { task: 'parser', set: { agent: 'builder' } } }]);
    hear(amendedBy(run.letters().at(-1)));
    expect(agentOf('parser')).toBe('builder');
    expect(run.amend([addMuch()])).toBe('accepted');
  });

  it('stays with whom its sprint has given it to since, over runs too, and for its next round', () => {
    const run = runAmendable();
    const core = coreOf(run.state);
    run.send('reassignTask', to('manual', 'ann', { force: true }));
    core.hear({ type: 'taskReassigned', by: 'ann', taskId: 'manual', agentId: 'ann', force: true });
    core.hear({ type: 'taskReassigned', by: 'escalation', taskId: 'manual', agentId: 'builder', force: true });
    run.amend([{ changeTask: { task: 'manual', set: { title: 'The manual' } } }]);
    core.carryOver();
    core.hear(amendedBy(run.letters().at(-1)));
    expect(core.agentOf('manual')).toBe('builder');
    core.carryOver();
    run.happen({ type: 'sprintEnded', outcome: core.outcome() });
    expect(run.state.reassignments).toEqual({
      manual: {
        by: 'sprint core',
        taskId: 'manual',
        agentId: 'builder',
        reason: 'so it was decided in its last round',
        force: true,
      },
    });
    expect(earlierMessages(run.state, 'core')).toMatchObject([{ name: 'reassignTask', payload: { agentId: 'builder' } }]);
    run.happen({ type: 'sprintEnded', outcome: { ...core.outcome(), sprintId: 'later' } });
    expect(Object.keys(run.state.reassignments ?? {})).toEqual(['manual']);
  });
});

/** The sprint `core` of the execution, under way, as it takes what it hears. */
function coreOf(state: ExecutionState) {
  const given = toChildDefinition(state, 'core', 'x');
  let sprint = createSprint(given, START);
  const hear = (event: object): void => void evolve(sprint, { at: START, ...event } as SprintEvent);
  hear({ type: 'started' });
  return {
    hear,
    agentOf: (id: string) => plannedSpec(sprint, sprint.index.taskNumber.get(id) as number).agent,
    carryOver(): void {
      const amendment = toAmendment(given, sprint.definition);
      const carried = JSON.parse(JSON.stringify(toCarriedState(sprint))) as CarriedState;
      sprint = fromCarriedState(amendment ? amendDefinition(given, amendment) : given, carried);
    },
    outcome: () => createOutcome(sprint),
  };
}

const amendedBy = (letter: object | undefined): object => ({ type: 'amended', ...letter });
