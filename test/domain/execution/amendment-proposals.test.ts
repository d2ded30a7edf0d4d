import { describe, expect, it } from 'vitest';
import { toAuthorizationView } from '../../../src/domain/execution/view.ts';
import type { Json } from '../../../src/domain/plan/plan.ts';
import { addMuch, runAmendable } from './amendment-run.ts';

function run() {
  const execution = runAmendable();
  const propose = (n: number, set: Record<string, Json>, given: { sprintId?: string; by?: string; task?: string } = {}) => {
    const { sprintId = 'core', by = 'mo', task = 'parser' } = given;
    const changes = [{ changeTask: { task, set } }];
    execution.happen({
      type: 'amendmentProposed',
      proposal: { sprintId, n, by, reason: `escalation ${n}: "parser" failed`, changes },
    });
  };
  const authorize = () => {
    execution.decide('ann');
    execution.happen({ type: 'documented' });
  };
  return { ...execution, propose, authorize };
}

describe('what an escalation has decided about a task', () => {
  it('is a revision of the plan in the name of whoever decided, although that is no approver', () => {
    const { propose, letters, state, hash } = run();
    const before = hash();
    propose(3, { input: { size: 2 }, budget: { attempts: 5 } });
    expect(letters()).toMatchObject([
      {
        to: 'core',
        proposal: 3,
        amendment: { revision: 1, tasks: [{ id: 'parser', input: { size: 2 }, budget: { attempts: 5 } }] },
      },
    ]);
    expect(toAuthorizationView(state).revisions).toMatchObject([
      { revision: 1, by: 'mo', reason: 'escalation 3: "parser" failed', state: 'inForce', previousHash: before },
    ]);
    expect(hash()).not.toBe(before);
    expect(state.prepared?.resolved.plan.sprints[0]?.tasks[1]).toMatchObject({ input: { size: 2 }, budget: { attempts: 5 } });
  });

  it('needs an authorization past the thresholds: in force, or told to its sprint when it is rejected', () => {
    const { propose, letters, revisions, decide, authorize } = run();
    propose(1, { estimate: '9h' });
    expect(letters()).toEqual([{ to: 'core', hold: { revision: 1, taskIds: ['parser'] }, proposal: 1 }]);
    decide('ann', { decision: 'reject', note: 'too long' });
    expect(letters().at(-1)).toEqual({ to: 'core', release: 1, why: 'rejected by ann: too long' });
    propose(2, { estimate: '8h' });
    authorize();
    expect(letters().at(-1)).toMatchObject({ to: 'core', proposal: 2, amendment: { tasks: [{ id: 'parser' }] } });
    expect(revisions()).toEqual(['1 rejected', '2 inForce']);
  });

  it('waits while another revision awaits its authorization, in the order of decisions', () => {
    const { propose, amend, authorize, letters, revisions, state } = run();
    amend([addMuch()]);
    propose(1, { estimate: '1h' });
    propose(2, { priority: 'high' }, { task: 'manual' });
    expect([revisions(), state.proposals?.length]).toEqual([['1 awaitingAuthorization'], 2]);
    authorize();
    expect(letters().flatMap((letter) => ('proposal' in letter ? [letter.proposal] : []))).toEqual([1, 2]);
    expect([revisions(), state.proposals]).toEqual([['1 inForce', '2 inForce', '3 inForce'], undefined]);
  });

  it('is no revision where the plan is like that already, and refused where it may not be so', () => {
    const { propose, letters, revisions, events } = run();
    propose(1, { priority: 'normal' });
    propose(2, { estimate: 'soon' });
    expect(letters()).toMatchObject([{ to: 'core', proposal: { n: 1, why: null } }, { proposal: { n: 2 } }]);
    expect(JSON.stringify(letters()[1])).toContain('changes[0].changeTask.set.estimate');
    expect([revisions(), events().filter((event) => event === 'proposalRefused')]).toEqual([[], ['proposalRefused']]);
  });

  it('of a sprint that is over, or after a cancel, is of no use any more', () => {
    const { propose, endSprint, happen, letters, state } = run();
    propose(1, { estimate: '1h' }, { sprintId: 'later' });
    endSprint('core', 'failed');
    propose(2, { estimate: '1h' });
    const other = run();
    other.happen({ type: 'cancelRequested' });
    other.propose(3, { estimate: '1h' });
    happen({ type: 'timePassed' });
    expect([...letters(), ...other.letters()]).toEqual([]);
    expect([state.proposals, other.state.proposals]).toEqual([undefined, undefined]);
  });
});
