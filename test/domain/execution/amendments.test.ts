import { describe, expect, it } from 'vitest';
import { toReportMarkdown } from '../../../src/domain/execution/report-markdown.ts';
import { toReport } from '../../../src/domain/execution/report.ts';
import { awaitedTasks, plannedTasks, toTaskView } from '../../../src/domain/execution/task-views.ts';
import { addMuch, addTask, runAmendable } from './amendment-run.ts';
import { DAY } from './execution-run.ts';

describe('an amendment within what has been authorized', () => {
  it('is in force at once: a new hash, and the sprint under way is told what changes', () => {
    const run = runAmendable();
    const before = run.hash();
    expect(run.amend([addTask('core', 'docs')], { reason: 'users ask' })).toBe('accepted');
    expect(run.hash()).not.toBe(before);
    expect(run.taskIds()).toEqual(['lexer', 'parser', 'manual', 'docs', 'tests']);
    expect(run.letters()).toMatchObject([{ to: 'core', amendment: { revision: 1, tasks: [{ id: 'docs' }] } }]);
    expect(run.revisions()).toEqual(['1 inForce']);
    expect(run.items()).toEqual([]);
    expect(run.textsOf('planAmended')).toEqual(['ann amended the plan, revision 1: it is in force']);
  });

  it('of a sprint that has not started tells nobody, and its length counts', () => {
    const run = runAmendable();
    const length = () => run.state.sprints.map(({ workMs }) => workMs / 3_600_000);
    expect(length()).toEqual([7, 3]);
    expect(run.amend([addTask('later', 'more')])).toBe('accepted');
    expect(run.letters()).toEqual([]);
    expect(length()).toEqual([7, 4]);
  });

  it('adds up with those before it', () => {
    const run = runAmendable();
    run.amend([addTask('core', 'one')]);
    run.amend([addTask('core', 'two')]);
    run.amend([addTask('core', 'three')]);
    expect(run.revisions()).toEqual(['1 inForce', '2 inForce', '3 awaitingAuthorization']);
  });

  it('changes nothing in a dry run', () => {
    const run = runAmendable();
    const before = structuredClone(run.state);
    expect(run.amend([addMuch()], { dryRun: true })).toBe('accepted');
    expect(run.state).toEqual(before);
    expect(run.letters()).toEqual([]);
  });
});

describe('an amendment beyond what has been authorized', () => {
  it('waits for a person, and what it changes is held back meanwhile', () => {
    const run = runAmendable();
    const before = run.hash();
    expect(run.amend([addMuch()])).toBe('accepted');
    expect(run.hash()).toBe(before);
    expect(run.letters()).toEqual([{ to: 'core', hold: { revision: 1, taskIds: ['rewrite'] } }]);
    expect(run.items()).toMatchObject([
      { itemId: 'authorization', title: 'Authorize revision 1 of Parser', options: ['authorize'], people: ['ann', 'bo'] },
    ]);
    expect(run.state.amendments?.pending?.review).toContain('## Why it needs an authorization');
    expect(awaitedTasks(run.state)).toMatchObject([{ id: 'rewrite', reason: 'awaiting authorization of revision 1' }]);
  });

  it('is in force once it is approved and that is in the ledger', () => {
    const run = runAmendable();
    run.amend([addMuch()]);
    expect(run.decide('bo')).toBe('accepted');
    expect(run.taskIds()).not.toContain('rewrite');
    expect(run.decide('ann')).toMatch(/^AlreadyDecided: the revision has been approved/);
    expect(run.items()).toEqual([]);
    run.happen({ type: 'documented' });
    expect(run.taskIds()).toContain('rewrite');
    expect(run.letters().at(-1)).toMatchObject({ to: 'core', amendment: { revision: 1 } });
    expect(run.state.authorization.approvals.map(({ by }) => by)).toEqual(['ann', 'bo']);
    expect(run.revisions()).toEqual(['1 inForce']);
    expect(awaitedTasks(run.state)).toEqual([]);
    run.happen({ type: 'documented' });
    expect(run.revisions()).toEqual(['1 inForce']);
  });

  it.each([
    [{ note: 'too much' }, 'rejected by bo: too much'],
    [{}, 'rejected by bo: no reason given'],
  ])('is dropped when a person rejects it: %j', (how, why) => {
    const run = runAmendable();
    const before = run.hash();
    run.amend([addMuch()]);
    expect(run.decide('bo', { decision: 'reject', ...how })).toBe('accepted');
    expect(run.hash()).toBe(before);
    expect(run.state.amendments?.revisions).toMatchObject([{ state: 'rejected', rejection: why }]);
    expect(run.letters().at(-1)).toMatchObject({ to: 'core', release: 1 });
    expect(toReportMarkdown(toReport(run.state))).toContain(why);
  });

  it('is dropped when nobody answers in time, and the execution goes on', () => {
    const run = runAmendable();
    run.amend([addMuch()]);
    run.wake();
    expect(run.now()).toBe(run.state.startedAt + DAY);
    expect(run.revisions()).toEqual(['1 rejected']);
    expect(run.textsOf('amendmentDropped')[0]).toMatch(/^revision 1 of the plan is dropped: nobody authorized it by /);
    expect(run.state.phase).toBe('running');
  });

  it('lets no other amendment in before it is decided on', () => {
    const run = runAmendable();
    run.amend([addMuch()]);
    expect(run.amend([addTask('core', 'docs')])).toMatch(/^NotAllowedInPhase: revision 1 awaits its authorization/);
  });

  it('is not answered like a task of a person', () => {
    const run = runAmendable();
    run.amend([addMuch()]);
    const answer = run.send('respond', { by: 'ann', itemId: 'authorization', decision: 'authorize' });
    expect(answer).toMatch(/^InvalidMessage: the item "authorization" is answered with the message authorize/);
  });

  it('keeps a sprint that it touches from starting', () => {
    const run = runAmendable();
    run.amend([addMuch('rewrite', 'later')]);
    run.endSprint('core');
    expect(run.started()).toEqual(['core']);
    run.decide('bo');
    run.happen({ type: 'documented' });
    expect(run.started()).toEqual(['core', 'later']);
  });

  it('says of each task that it changes that it waits', () => {
    const run = runAmendable();
    run.amend([{ changeTask: { task: 'parser', set: { estimate: '9h' } } }]);
    const reasons = plannedTasks(run.state).map((planned) => toTaskView(run.state, planned).reason);
    expect(reasons).toEqual([null, 'awaiting authorization of revision 1', null, null]);
  });
});
