import { describe, expect, it } from 'vitest';
import type { AuthorizationPolicy } from '../../../src/domain/config/config.ts';
import { voidingReasons } from '../../../src/domain/execution/amendments/thresholds.ts';
import { toBudgets } from '../../../src/domain/execution/budgets.ts';
import { toChildDefinition } from '../../../src/domain/execution/sprints.ts';
import { toStatusView } from '../../../src/domain/execution/view.ts';
import type { BudgetView } from '../../../src/domain/views.ts';
import { profile } from '../plan/plan-fixture.ts';
import { runAmendable } from './amendment-run.ts';
import { budgetShare, news, progress } from './execution-run.ts';

const changePlan = (budget: object | null): object => ({ changePlan: { budget } });
const changeAgent = (agent: string, budget: object | null): object => ({ changeAgent: { agent, budget } });
const SPRINTS = [
  { id: 'core', agents: ['builder'], tasks: [{ id: 'lexer', agent: 'builder', budget: { tokens: 500 } }] },
  { id: 'side', dependsOn: [], agents: ['tester'], tasks: [{ id: 'look', agent: 'tester' }] },
  { id: 'later', dependsOn: ['core'], agents: ['builder'], tasks: [{ id: 'tests', agent: 'builder' }] },
];

/** A plan with 1,000 tokens, whose agent builder has as many; two sprints side by side. */
function run(plan: object = { sprints: SPRINTS, budget: { tokens: 1_000 } }) {
  const agents = [profile('builder', { budget: { tokens: 1_000 } }), profile('tester')];
  const execution = runAmendable({ plan, facts: { agents }, spare: { agents: [] } });
  const tell = (sprintId: string, budgets: readonly BudgetView[], tokens = 0, changed = [] as ReturnType<typeof news>[]) =>
    execution.happen({
      type: 'sprintProgressed',
      progress: progress(sprintId, { budgets, usage: tokens > 0 ? [{ agent_id: 'builder', tokens, cost: 0 }] : [] }),
      changed,
      decisions: [],
    });
  return { ...execution, tell };
}

describe('amendments of budgets', () => {
  it('of the whole plan reach every sprint at work and hold for those that come', () => {
    const { amend, letters, revisions, hash, state } = run();
    const before = hash();
    expect(amend([changePlan({ tokens: 1_100, ask: false })])).toBe('accepted');
    expect(revisions()).toEqual(['1 inForce']);
    expect(hash()).not.toBe(before);
    expect(letters()).toMatchObject([
      { to: 'core', amendment: { budgets: { plan: { tokens: 1_100, ask: false } } } },
      { to: 'side', amendment: { budgets: { plan: { tokens: 1_100 } } } },
    ]);
    expect(toChildDefinition(state, 'later', 'x').budgets?.plan).toEqual({ tokens: 1_100, ask: false });
    expect(amend([changePlan({ tokens: 1_100, ask: false })])).toContain('nothing to amend');
  });

  it('void the authorization past the threshold: nothing of them holds before they are authorized', () => {
    const { amend, decide, letters, state } = run();
    amend([changePlan({ tokens: 2_000 })]);
    expect(state.amendments?.pending?.revision).toMatchObject({
      voids: ['1000 tokens more than the budget of 1000 tokens authorized, which is above 20%'],
      differences: [{ kind: 'planChanged', field: 'budget', before: { tokens: 1_000 }, after: { tokens: 2_000 } }],
    });
    expect(letters().map((letter) => Object.keys(letter))).toEqual([
      ['to', 'hold'],
      ['to', 'hold'],
    ]);
    decide('ann');
    expect(letters().slice(2)).toEqual([]);
    expect(state.amendments?.pending?.granted).toBe(true);
  });

  it('hold for a sprint that has started while they were waited for, too', () => {
    const { amend, decide, happen, letters, endSprint, tell } = run();
    amend([changePlan({ tokens: 2_000 })]);
    tell('core', []);
    endSprint('core', 'completed');
    happen({ type: 'timePassed' });
    decide('ann');
    happen({ type: 'documented' });
    expect(
      letters()
        .filter((letter) => 'amendment' in letter)
        .map(({ to }) => to),
    ).toEqual(['side', 'later']);
  });

  it('of an agent hold in this execution alone, and void the authorization when they give it much more', () => {
    const { amend, letters, revisions, state, decide, happen } = run();
    expect(amend([changeAgent('bilder', null)])).toContain('did you mean "builder"');
    expect(amend([changeAgent('builder', { tokens: 900 })])).toBe('accepted');
    expect(letters()).toMatchObject([{ to: 'core', amendment: { agents: [{ id: 'builder', budget: { tokens: 900 } }] } }]);
    expect(state.amendments?.revisions.at(-1)?.differences).toEqual(['agent builder: budget {"tokens":1000} → {"tokens":900}']);
    amend([changeAgent('builder', null)]);
    expect(state.amendments?.pending?.revision.voids[0]).toBe(
      'tokens without a limit, above the budget of agent builder, 1000 tokens authorized',
    );
    decide('ann');
    happen({ type: 'documented' });
    expect(revisions()).toEqual(['1 inForce', '2 inForce']);
    expect(letters().at(-1)).toMatchObject({ amendment: { agents: [{ id: 'builder' }] } });
    expect(state.prepared?.resolved.agents.find(({ id }) => id === 'builder')).not.toHaveProperty('budget');
    const figures = { tasks: 1, workMs: 1, agents: {}, checks: {}, agentBudgets: { tester: { cost: 1 } } };
    const policy = state.authorization.policy as AuthorizationPolicy;
    expect(voidingReasons(figures, { ...figures, agentBudgets: {} }, policy)).toEqual([]);
    expect(
      voidingReasons({ ...figures, agents: { tester: 'x' } }, { ...figures, agents: { tester: 'x' }, agentBudgets: {} }, policy),
    ).toEqual(['cost without a limit, above the budget of agent tester, cost 1.00 authorized']);
  });

  it('are refused below what has been used, at every level, by what sprints and agents have told', () => {
    const { amend, tell, state } = run();
    const used = [
      budgetShare('plan/plan', 600, { toppedUp: 50 }),
      budgetShare('sprint/core', 1),
      budgetShare('agent/builder', 600),
    ];
    tell('core', used, 700, [news('lexer', { state: 'running', usage: { tokens: 450, cost: 0 }, budgets: [] })]);
    const before = JSON.stringify(state);
    expect(amend([changePlan({ tokens: 500 })])).toContain(
      'changes[0].changePlan.budget.tokens: tokens 500 tokens, 550 tokens with what people have added, is less than what has been used already: 700 tokens',
    );
    expect(amend([changeAgent('builder', { tokens: 699 })])).toContain('changes[0].changeAgent.budget.tokens');
    expect(amend([{ changeSprint: { sprint: 'core', budget: { tokens: 699 } } }])).toContain('used already: 700');
    const ofTask = (tokens: number, more: object = {}) => ({
      changeTask: { task: 'lexer', set: { budget: { tokens, ...more } } },
    });
    expect(amend([ofTask(449)])).toContain('changes[0].changeTask.set.budget.tokens');
    expect(JSON.stringify(state)).toBe(before);
    expect(amend([ofTask(450, { time: '1s', attempts: 1 }), changePlan({ tokens: 650 })])).toBe('accepted');
  });

  it('that come first count what was used before, also by sprints that have ended', () => {
    const { amend, tell, endSprint, letters, happen, decide, state } = run({ sprints: SPRINTS });
    tell('core', [], 300);
    endSprint('core', 'completed', [], { usage: [{ agent_id: 'builder', tokens: 300, cost: 0 }] });
    amend([changePlan({ tokens: 5_000 })]);
    if (state.amendments?.pending) {
      decide('ann');
      happen({ type: 'documented' });
    }
    const spent = { tokens: 300, cost: 0, time: 0, attempts: 0 };
    expect(letters().filter((letter) => 'amendment' in letter)).toMatchObject([
      { to: 'side', amendment: { budgets: { plan: { tokens: 5_000 }, elsewhere: { 'plan/plan': { spent } } } } },
      { to: 'later', amendment: { budgets: { elsewhere: { 'plan/plan': { spent } } } } },
    ]);
  });

  it('are shown with the limits of now, whatever sprints that have ended knew; those taken away are not shown', () => {
    const { amend, tell, state } = run();
    tell('core', [budgetShare('plan/plan', 100), budgetShare('agent/builder', 100), budgetShare('sprint/core', 100)]);
    expect(toBudgets(state).map(({ budget, limit }) => [budget, limit])).toEqual([
      ['plan/plan', 1_000],
      ['agent/builder', 1_000],
    ]);
    amend([changePlan({ tokens: 1_100 }), changeAgent('builder', { tokens: 200 })]);
    expect(toStatusView(state).budgets?.map(({ limit }) => limit)).toEqual([1_100, 200]);
  });

  it('keep the terms of the config where the plan had no budgets', () => {
    const terms = { warnAt: 0.5, withinMs: 7 };
    const execution = runAmendable({ spare: { budget: terms } });
    execution.amend([changePlan({ tokens: 9 })]);
    expect(execution.letters()).toMatchObject([{ to: 'core', amendment: { budgets: { ...terms, plan: { tokens: 9 } } } }]);
    execution.amend([changePlan(null)]);
    expect(execution.letters().at(-1)).toMatchObject({ amendment: { budgets: { ...terms, elsewhere: {} } } });
    expect(execution.letters().at(-1)).not.toHaveProperty('amendment.budgets.plan');
  });
});
