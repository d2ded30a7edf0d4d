import { describe, expect, it } from 'vitest';
import { toAmendmentAnswer } from '../../../src/domain/execution/amendments/amendment-view.ts';
import { toExecutionEvent } from '../../../src/domain/execution/commands.ts';
import { toAuthorizationView, toTaskPage } from '../../../src/domain/execution/view.ts';
import { profile } from '../plan/plan-fixture.ts';
import { addMuch, addTask, runAmendable } from './amendment-run.ts';
import { DAY, news, runExecution, START } from './execution-run.ts';

const HOUR = 3_600_000;
const policy = { mode: 'named', approvers: ['ann', 'bo'], required: 1, expiresMs: DAY } as const;
const loose = { tasks: null, estimate: null, agents: 'allow', checks: 'allow' } as const;
const many = (count: number, task: object = {}) =>
  Array.from({ length: count }, (_, number) => addTask('core', `t${number}`, { estimate: '1m', ...task }));

/** What the update answers. */
function answerTo(run: ReturnType<typeof runAmendable>, changes: readonly object[], isDryRun: boolean) {
  const event = toExecutionEvent(run.state, 'amendPlan', { by: 'ann', changes, dryRun: isDryRun }, run.now());
  if (!event.ok || event.value.type !== 'amended') throw new Error(JSON.stringify(event));
  return toAmendmentAnswer(run.state, event.value.revision, isDryRun);
}

const SPRINTS_WITH_BUDGETS = [
  { id: 'core', agents: ['builder'], budget: { tokens: 100, cost: 1 }, tasks: [{ id: 'lexer', agent: 'builder' }] },
  {
    id: 'later',
    dependsOn: ['core'],
    agents: ['builder'],
    budget: { tokens: 100, cost: 1 },
    tasks: [{ id: 'tests', agent: 'builder' }],
  },
];

describe('the answer to an amendment', () => {
  it.each([
    [addTask('core', 'docs'), false, 'revision 1: it is in force'],
    [addTask('core', 'docs'), true, 'revision 1: it would be in force at once'],
    [addMuch(), true, 'revision 1: it needs an authorization of its own'],
  ])('says what becomes of it: %j, dry run %j', (change, isDryRun, note) => {
    expect(answerTo(runAmendable(), [change], isDryRun)).toMatchObject({ accepted: true, note, dryRun: isDryRun });
  });

  it('moves the forecast that a sprint has told by what the amendment makes of its rest', () => {
    const run = runAmendable();
    const running = news('lexer', { state: 'running', endedAt: null });
    run.tell('core', { forecastCompletion: new Date(START + 6 * HOUR).toISOString() }, [running, news('manual')]);
    const { effect, diff } = answerTo(run, [{ changeTask: { task: 'parser', set: { estimate: '3h' } } }], true);
    expect(effect).toEqual({
      forecastBefore: new Date(START + 9 * HOUR).toISOString(),
      forecastAfter: new Date(START + 10 * HOUR).toISOString(),
      workMsBefore: 10 * HOUR,
      workMsAfter: 11 * HOUR,
    });
    expect(diff).toMatchObject({ total: 1, lines: ['task parser: estimateMs 7200000 → 10800000'] });
  });

  it('counts nothing for a sprint with nothing left', () => {
    const run = runAmendable();
    run.tell('core', {}, [news('lexer'), news('parser'), news('manual')]);
    const { effect } = answerTo(run, [{ changeSprint: { sprint: 'core', duration: '9h' } }], true);
    expect(effect.forecastAfter).toBe(effect.forecastBefore);
  });

  it('takes a bound for the forecast of very many tasks', () => {
    const run = runAmendable({ facts: { authorization: { ...policy, amendments: loose } } });
    const { effect } = answerTo(run, many(400), true);
    expect(effect.workMsAfter - effect.workMsBefore).toBe(400 * 60_000);
  });
});

describe('an amendment is refused', () => {
  it.each([
    ['that is no list of changes', { by: 'ann' }, /^InvalidMessage/],
    ['of somebody who may not', { by: 'eve', changes: [addMuch()] }, /^NotAnApprover: "eve" may not amend the plan/],
    ['that is wrong', { by: 'ann', changes: [{ cancelTask: { task: 'other' } }] }, /^InvalidPlan: .*unknown task "other"/s],
    ['that changes nothing', { by: 'ann', changes: [{ changeSprint: { sprint: 'core', duration: null } }] }, /nothing to amend$/],
    ['that is too large', { by: 'ann', changes: [{ text: 'x'.repeat(210_000) }] }, /^TooLarge: the changes take 2\d+ bytes/],
  ])('%s', (_what, body, message) => {
    const run = runAmendable();
    const before = structuredClone(run.state);
    expect(run.send('amendPlan', body)).toMatch(message);
    expect(run.state).toEqual(before);
  });

  it('and only the log says that it has been', () => {
    const run = runAmendable();
    const { decisions: _, ...before } = structuredClone(run.state);
    const refusal = { type: 'InvalidPlan', message: 'unknown task' } as const;
    run.happen({ type: 'messageRefused', name: 'amendPlan', by: 'ann', refusal, body: {} });
    const { decisions, ...after } = run.state;
    expect(after).toEqual(before);
    expect(decisions.at(-1)).toMatchObject({ event: 'messageRefused' });
  });

  it('before the plan is authorized, and while it is being cancelled', () => {
    const body = { by: 'ann', changes: [addMuch()] };
    expect(runExecution().send('amendPlan', body)).toMatch(
      /^NotAllowedInPhase: amendPlan is possible once the plan is authorized/,
    );
    const run = runAmendable();
    run.happen({ type: 'cancelRequested' });
    expect(run.send('amendPlan', body)).toBe('NotAllowedInPhase: the execution is being cancelled');
  });

  it('when what changes in one sprint is too large to be told', () => {
    const run = runAmendable();
    expect(run.amend(many(490, { description: 'x'.repeat(280) }))).toMatch(/^TooLarge: what changes in sprint core/);
  });

  it('when sprints that are under way would have to wait for each other', () => {
    const run = runAmendable({ plan: { sprints: sideBySide } });
    const changes = ['core', 'side'].map((sprint) => ({ addAgent: { sprint, agent: 'tester' } }));
    expect(run.amend(changes)).toMatch(/^InvalidPlan: sprint side is under way and would have to wait for sprint core: /);
  });
});

const sideBySide = [
  { id: 'core', agents: ['builder'], tasks: [{ id: 'lexer', agent: 'builder', estimate: '4h' }] },
  { id: 'side', dependsOn: [], agents: ['builder'], tasks: [{ id: 'docs', agent: 'builder', estimate: '4h' }] },
];

const leasing = [{ ...sideBySide[0], tasks: [{ id: 'lexer', agent: 'builder', resources: ['bench-machine'] }] }, sideBySide[1]];

describe('an amendment that needs people', () => {
  it('waits for all who are required', () => {
    const run = runAmendable({ facts: { authorization: { ...policy, required: 2 } } });
    run.send('authorize', { ...authorization(run.hash()), by: 'bo' });
    run.happen({ type: 'documented' });
    run.amend([addMuch()], { reason: 'it is slow' });
    run.decide('ann');
    expect(run.decide('ann')).toMatch(/^AlreadyDecided: "ann" has approved already/);
    run.happen({ type: 'documented' });
    expect(run.revisions()).toEqual(['1 awaitingAuthorization']);
    run.decide('bo');
    run.happen({ type: 'documented' });
    expect(run.revisions()).toEqual(['1 inForce']);
  });

  it('may be approved by anyone where anyone may', () => {
    const run = runAmendable({ facts: { authorization: { mode: 'anyone', approvers: [], required: 1, expiresMs: DAY } } });
    run.amend([addMuch()]);
    expect(run.items()[0]?.people).toBe('anyone');
    expect(toTaskPage(run.state, {}).total).toBe(5);
    expect(toAuthorizationView(run.state).revisions).toMatchObject([{ state: 'awaitingAuthorization' }]);
  });

  it('is one that takes an agent or a check that has not been authorized', () => {
    const run = runAmendable();
    const checked = addTask('core', 'tests-2', { checks: ['unit-tests'] });
    run.amend([{ addAgent: { sprint: 'core', agent: 'tester' } }, checked]);
    expect(run.state.amendments?.pending?.revision.voids).toEqual([
      'agent tester is not in the authorized plan',
      'check unit-tests is not in the authorized plan',
    ]);
  });

  it('is one that gives more tokens or money than has been authorized, or no limit any more', () => {
    const budget = { tokens: 1_000, cost: 10 };
    const plan = { budget };
    const larger = (amounts: object | null) => ({ changeSprint: { sprint: 'later', budget: amounts } });
    const limited = runAmendable({ plan: { sprints: SPRINTS_WITH_BUDGETS } });
    limited.amend([larger({ tokens: 120, cost: 1.2 })]);
    expect(limited.revisions()).toEqual(['1 inForce']);
    expect(limited.letters()).toEqual([]);
    limited.amend([larger({ tokens: 300, cost: 5 })]);
    expect(limited.state.amendments?.pending?.revision).toMatchObject({
      voids: [
        '200 tokens more than the budget of 200 tokens authorized, which is above 20%',
        '4.00 more cost than the budget of cost 2.00 authorized, which is above 20%',
      ],
      effect: { budgetBefore: { tokens: 220, cost: 2.2 }, budgetAfter: { tokens: 400, cost: 6 } },
      differences: [{ kind: 'sprintChanged', field: 'budget' }],
    });
    limited.decide('ann', { decision: 'reject' });
    limited.amend([larger(null)]);
    expect(limited.state.amendments?.pending?.revision.voids[0]).toContain(
      'tokens without a limit, above the budget of 200 tokens',
    );
    const whole = runAmendable({ plan });
    whole.amend([larger({ tokens: 900 })]);
    expect(whole.revisions()).toEqual(['1 inForce']);
    expect(whole.amend([larger({ tokens: 1_100 })])).toContain('larger than that of the plan');
    const thresholds = { tasks: null, estimate: null, agents: 'allow' as const, checks: 'allow' as const, budget: null };
    const free = runAmendable({
      plan: { sprints: SPRINTS_WITH_BUDGETS },
      facts: { authorization: { mode: 'anyone', approvers: [], required: 1, expiresMs: 1_000, amendments: thresholds } },
    });
    free.amend([larger(null)]);
    expect(free.revisions()).toEqual(['1 inForce']);
  });

  it('tells the sprint under way of its budgets', () => {
    const run = runAmendable();
    run.amend([{ changeSprint: { sprint: 'core', budget: { tokens: 5 } } }]);
    expect(run.letters()).toMatchObject([
      { to: 'core', amendment: { budget: { tokens: 5 }, budgets: { warnAt: 0.8, elsewhere: {} } } },
    ]);
  });

  it('holds back no task when it is about an agent alone', () => {
    const run = runAmendable();
    run.amend([{ addAgent: { sprint: 'core', agent: 'tester' } }]);
    expect(run.letters()).toEqual([{ to: 'core', hold: { revision: 1, taskIds: [] } }]);
  });

  it('counts nobody twice', () => {
    const run = runAmendable();
    run.amend([addMuch()]);
    run.decide('bo');
    run.happen({ type: 'authorizationDecided', by: 'bo', decision: 'approve' });
    expect(run.state.amendments?.pending?.approvals.map(({ by }) => by)).toEqual(['bo']);
  });

  it('is one of too many tasks, and its review stays short', () => {
    const amendments = { ...loose, tasks: 10 };
    const run = runAmendable({ facts: { authorization: { ...policy, amendments } } });
    run.amend(many(320), { reason: 'all of it' });
    expect(run.state.amendments?.pending?.review).toContain('- and 20 more');
    expect(run.state.amendments?.pending?.review).toContain('by ann: all of it');
    expect(run.state.amendments?.revisions[0]?.differences.at(-1)).toBe('and 300 more');
    expect(run.state.amendments?.revisions[0]?.voided[0]).toMatch(/^320 more tasks than the 4 authorized, which is above 10%$/);
  });

  it('tells a sprint nothing that has ended when it is approved', () => {
    const run = runAmendable();
    run.amend([addMuch()]);
    run.endSprint('core');
    run.decide('bo');
    run.happen({ type: 'documented' });
    expect(run.letters().filter((letter) => 'amendment' in letter)).toEqual([]);
  });

  it('is listed no more and stays undecided when the execution is cancelled meanwhile', () => {
    const run = runAmendable();
    run.amend([addMuch()]);
    run.send('emergencyStop', { by: 'ann' });
    expect(run.items().map(({ itemId }) => itemId)).toContain('authorization');
    run.happen({ type: 'cancelRequested' });
    run.lose('core');
    expect(run.state.phase).toBe('cancelled');
    expect(run.items()).toEqual([]);
    expect(run.decide('bo')).toMatch(/^AlreadyDecided/);
  });
});

const authorization = (planHash: string | undefined) => ({
  decision: 'approve',
  planHash,
  reviewed: true,
  emergencyStopUnderstood: true,
});

describe('a sprint under way is told', () => {
  const allowing = { authorization: { ...policy, amendments: loose } };

  it('of agents, checks, resources and its duration', () => {
    const run = runAmendable({ facts: allowing, plan: { resources: [{ id: 'bench-machine', capacity: 2 }] } });
    run.amend([
      { addAgent: { sprint: 'core', agent: 'tester' } },
      { changeSprint: { sprint: 'core', duration: '2d' } },
      addTask('core', 'bench', { checks: ['lint'], resources: ['bench-machine'] }),
    ]);
    const [letter] = run.letters();
    const changed = ['revision', 'tasks', 'agents', 'team', 'durationMs', 'resources', 'checks'];
    expect(Object.keys((letter as { amendment: object }).amendment)).toEqual(changed);
    run.amend([{ removeAgent: { sprint: 'core', agent: 'tester' } }]);
    expect(run.letters().at(-1)).toMatchObject({ amendment: { revision: 2, team: ['builder', 'ann'] } });
  });

  it('of what is to begin anew, and of checkpoints', () => {
    const checkpoints = [{ id: 'freeze', after: ['lexer'], agents: ['builder'] }];
    const tasks = [
      { id: 'lexer', agent: 'builder' },
      { id: 'parser', agent: 'builder' },
    ];
    const run = runAmendable({ facts: allowing, plan: { sprints: [{ id: 'core', agents: ['builder'], tasks, checkpoints }] } });
    run.tell('core', {}, [news('parser', { state: 'running', endedAt: null })]);
    run.amend([
      { changeTask: { task: 'parser', set: { title: 'The parser' }, restart: true } },
      { splitTask: { task: 'lexer', into: [{ id: 'scan', agent: 'builder' }] } },
    ]);
    expect(run.letters()).toMatchObject([
      { amendment: { restart: ['parser'], checkpoints: [{ id: 'freeze', after: ['scan'] }] } },
    ]);
  });

  it('of the triggers of an agent that it gets', () => {
    const tester = profile('tester', { capacity: 4 });
    const plan = {
      sprints: [{ ...sideBySide[0], agents: ['builder', 'tester'] }, sideBySide[1]],
      triggers: [{ agent: 'tester', when: { after: '1h' } }],
    };
    const run = runAmendable({ facts: { ...allowing, agents: [profile('builder', { capacity: 2 }), tester] }, plan });
    run.tell('core', { coordination: { checkpoints: [], leases: [], inactiveAgents: ['tester'], drained: null } });
    run.amend([{ addAgent: { sprint: 'side', agent: 'tester' } }]);
    expect(run.letters().at(-1)).toMatchObject({ to: 'side', amendment: { triggers: [{ agent: 'tester' }] } });
  });

  it('by the roster of the plan where no more is known', () => {
    const run = runAmendable({
      spare: null,
      facts: allowing,
      plan: { resources: [{ id: 'bench-machine', capacity: 2 }], sprints: leasing },
    });
    expect(run.amend([addTask('core', 'grammar')])).toBe('accepted');
    expect(run.state.prepared?.resolved.resources).toEqual({ 'bench-machine': 2 });
    run.endSprint('core');
    expect(run.amend([addTask('side', 'more')])).toBe('accepted');
    expect(run.amend([addTask('core', 'late')])).toMatch(/sprint core is over/);
  });
});
