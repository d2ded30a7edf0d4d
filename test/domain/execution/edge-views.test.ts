import { describe, expect, it } from 'vitest';
import { allAlerts } from '../../../src/domain/execution/alerts.ts';
import { toAgentUsages } from '../../../src/domain/execution/budgets.ts';
import { toReportMarkdown } from '../../../src/domain/execution/report-markdown.ts';
import { toReport } from '../../../src/domain/execution/report.ts';
import { toStatusView } from '../../../src/domain/execution/view.ts';
import { plannedTasks, toTaskView } from '../../../src/domain/execution/task-views.ts';
import { item, news, progress, runAuthorized, task } from './execution-run.ts';
import { runAmendable } from './amendment-run.ts';

const two = { sprints: { one: null, two: null }, notify: ['ops'] };

describe('views of an execution', () => {
  it('a sprint that has told nothing yet has no alerts, nor has one that has ended', () => {
    const run = runAuthorized(two);
    expect(allAlerts(run.state)).toEqual([]);
    run.endSprint('one');
    expect(allAlerts(run.state)).toEqual([]);
  });

  it('usage of agents is summed over sprints and listed by id', () => {
    const run = runAuthorized({ ...two, order: [] });
    const of = (agent_id: string, tokens: number) => ({ agent_id, tokens, cost: 0 });
    run.tell('one', { usage: [of('c', 1), of('a', 2)] });
    run.tell('two', { usage: [of('b', 3), of('a', 4)] });
    expect(toAgentUsages(run.state)).toEqual([of('a', 6), of('b', 3), of('c', 1)]);
  });

  it('emergencies of all sprints: what is under way comes first, and the report says what was done about them', () => {
    const run = runAuthorized(two);
    const { coordination } = progress('one');
    const since = '2026-12-01T09:00:00.000Z';
    const emergency = (id: string, sprint: string, endedAt: string | null) =>
      ({ kind: 'resourceFailure', id, sprint, since, endedAt, text: `${id} is gone`, measures: ['nothing starts'] }) as const;
    run.tell('one', { coordination: { ...coordination, emergencies: [emergency('bench', 'one', '2026-12-01T10:00:00.000Z')] } });
    run.tell('two', { coordination: { ...coordination, emergencies: [emergency('desk', 'two', null)] } });
    expect(toStatusView(run.state).coordination.emergencies?.map(({ id }) => id)).toEqual(['desk', 'bench']);
    const [, section = ''] = toReportMarkdown(toReport(run.state)).split('## Emergencies\n\n');
    expect(section.split('\n').slice(0, 4)).toEqual([
      `- resourceFailure of desk in sprint two, from ${since} to the end: desk is gone`,
      '  - nothing starts',
      `- resourceFailure of bench in sprint one, from ${since} to 2026-12-01T10:00:00.000Z: bench is gone`,
      '  - nothing starts',
    ]);
  });

  it('a task that was taken out of the plan before anything was told of it is cancelled', () => {
    const { state } = runAuthorized({ sprints: { one: [task('a'), { ...task('b'), cancelled: true }] } });
    expect(plannedTasks(state).map((planned) => toTaskView(state, planned).state)).toEqual(['waiting', 'cancelled']);
  });

  it('a task that a pending revision changes says that it waits for that', () => {
    const run = runAmendable();
    const waiting = { state: 'waiting', agent_id: null, startedAt: null, endedAt: null } as const;
    run.tell('core', {}, [news('parser', waiting), news('lexer', { state: 'running', endedAt: null })]);
    run.amend([{ changeTask: { task: 'parser', set: { estimate: '20h' } } }]);
    const views = plannedTasks(run.state).map((planned) => toTaskView(run.state, planned));
    expect(Object.fromEntries(views.map(({ id, reason }) => [id, reason]))).toMatchObject({
      parser: 'awaiting authorization of revision 1',
      lexer: null,
    });
    const written = toReportMarkdown(toReport(run.state));
    expect(written).toContain('revision 1 by ann');
    expect(written).toContain(': not decided on');
    run.decide('ann', { decision: 'reject', note: 'too long' });
    expect(toReportMarkdown(toReport(run.state))).toContain('rejected by ann: too long');
    run.amend([{ changeTask: { task: 'parser', set: { priority: 'high' } } }]);
    expect(toReportMarkdown(toReport(run.state))).toMatch(/revision 2 by ann at .*: in force/);
  });

  it('what procedures of another kind say is not for it', () => {
    const run = runAuthorized(two);
    const before = JSON.stringify(run.state);
    run.happen({ type: 'procedureSaid', kind: 'escalation', n: 1, said: { type: 'reminded', level: 1 } });
    run.happen({ type: 'procedureEnded', kind: 'escalation', n: 1, outcome: null, reason: null });
    expect(JSON.stringify(run.state)).toBe(before);
  });

  it('an item that is to be told by certain channels is told by those', () => {
    const run = runAuthorized(two);
    run.tell('one', { inbox: [item('sign#1', 'one', { via: ['ops'] })] });
    expect(run.state.outbox.waiting.at(-1)).toMatchObject({ kind: 'personNeeded', via: ['ops'] });
  });

  it('a rollback goes to the sprints without reason and policy too', () => {
    const run = runAuthorized(two);
    expect(run.send('rollback', { by: 'ann', to: 'start' })).toBe('accepted');
    expect(run.forwards()[0]?.payload).toEqual({ by: 'ann', to: 'start', policy: null, reason: null });
    expect(run.textsOf('rollbackRequested')[0]).toMatch(/^ann rolls back one(, two)?$/);
  });

  it('an authorization that is documented twice begins once', () => {
    const run = runAuthorized(two);
    const started = run.started();
    run.happen({ type: 'documented' });
    expect(run.state).toMatchObject({ phase: 'running', stoppedFrom: null });
    expect(run.started()).toEqual(started);
  });
});
