import { describe, expect, it } from 'vitest';
import { maxUsage } from '../../../src/domain/budget.ts';
import { createOutcome } from '../../../src/domain/execution/progress-report.ts';
import { boundProgress } from '../../../src/domain/sprint/progress-bounds.ts';
import { toProgress } from '../../../src/domain/sprint/progress.ts';
import { toSprintStatusView } from '../../../src/domain/sprint/view.ts';
import { limited, runWithBudgets } from './budget-run.ts';
import { agent, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

const MUCH = 1_000_000;

describe('what has been used', () => {
  const run = () => {
    const sprint = runWithBudgets({ budget: { tokens: 1_000 }, tasks: [task('t', { budget: limited(700) }), task('u')] });
    sprint.use('t', 300, 1.5);
    sprint.use('u', 700, 2);
    sprint.topUp('sprint/core', { tokens: 500 });
    return sprint;
  };

  it('is in the status of the sprint: by budget with what was added, and in all', () => {
    const { sprint } = run();
    const [budget] = toSprintStatusView(sprint).budgets ?? [];
    expect(budget).toMatchObject({ budget: 'sprint/core', kind: 'tokens', spent: 1_000, toppedUp: 500, limit: 1_500 });
    expect(toSprintStatusView(sprint)).toMatchObject({ usage: { tokens: 1_000, cost: 3.5 } });
  });

  it('goes with its progress and its outcome, bounded like everything else', () => {
    const { sprint } = run();
    const progress = toProgress(sprint, 10);
    expect(progress.topUps?.map(({ event }) => event)).toEqual(['budgetToppedUp']);
    expect(boundProgress(progress, MUCH)).toMatchObject({ budgets: progress.budgets, usage: progress.usage });
    expect(boundProgress(progress, 100).usage).toEqual([]);
    const [ofTask, other] = createOutcome(sprint).tasks;
    expect(ofTask).toMatchObject({
      usage: { tokens: 300, cost: 1.5 },
      budgets: [{ budget: 'task/t', kind: 'tokens', spent: 300 }],
    });
    expect(other).toMatchObject({ usage: { tokens: 700, cost: 2 } });
    expect(other).not.toHaveProperty('budgets');
  });

  it('is nowhere in a plan whose agents say nothing of it', () => {
    const quiet = runSprint({ agents: [agent('a')], tasks: [task('t')] });
    quiet.start();
    const progress = boundProgress(toProgress(quiet.sprint, 10), MUCH);
    for (const field of ['usage', 'budgets', 'topUps']) {
      expect(progress).not.toHaveProperty(field);
      expect(toSprintStatusView(quiet.sprint)).not.toHaveProperty(field);
      expect(createOutcome(quiet.sprint).tasks[0]).not.toHaveProperty(field);
    }
  });

  it('of two reports is the larger in each kind, and what there is of one', () => {
    const [some, more] = [
      { tokens: 5, cost: 1 },
      { tokens: 3, cost: 2 },
    ];
    expect([maxUsage(some, more), maxUsage(null, more), maxUsage(some, null), maxUsage(null, null)]).toEqual([
      { tokens: 5, cost: 2 },
      more,
      some,
      null,
    ]);
  });
});
