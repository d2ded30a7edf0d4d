import type { Budget } from '../../../src/domain/budget.ts';
import type { InboxItem } from '../../../src/domain/views.ts';
import { toMailbox } from '../../../src/domain/sprint/mailbox.ts';
import { agent, type GivenSprint } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

export const TERMS = { warnAt: 0.8, withinMs: 3_600_000, elsewhere: {} };

/** A sprint with budgets under way; two agents can do everything. */
export function runWithBudgets(given: Partial<GivenSprint> & Pick<GivenSprint, 'tasks'>, plan?: Budget) {
  const sprint = runSprint({
    agents: [agent('a'), agent('b')],
    budgets: { ...TERMS, ...(plan === undefined ? {} : { plan }) },
    ...given,
  });
  sprint.start();
  const use = (taskId: string, tokens: number, cost = 0) => sprint.report(taskId, { usage: { tokens, cost } });
  const item = (id: string): InboxItem | undefined => sprint.state.inbox[`budget/${id}`];
  const topUp = (id: string, data: unknown) =>
    sprint.send('respond', { by: 'ann', itemId: `budget/${id}`, decision: 'topUp', data });
  const stop = (id: string) => sprint.send('respond', { by: 'ann', itemId: `budget/${id}`, decision: 'stop', note: 'enough' });
  const allowance = (taskId: string) =>
    toMailbox(sprint.sprint, { attempts: [{ taskId, attempt: sprint.runOf(taskId).attempt }] }).allowances?.[0];
  return { ...sprint, use, item, topUp, stop, allowance };
}

export const limited = (tokens: number, more: object = {}) => ({ timeMs: null, attempts: 2, tokens, ...more });
