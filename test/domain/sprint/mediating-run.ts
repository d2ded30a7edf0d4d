import type { EscalationOutcome } from '../../../src/domain/escalation/escalation.ts';
import { agent, type GivenSprint } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

/** A sprint under way that has conflicts mediated by ann; two agents can do everything. */
export function runMediating(given: Partial<GivenSprint> & Pick<GivenSprint, 'tasks'>) {
  const run = runSprint({
    agents: [agent('w'), agent('x')],
    mediation: { to: ['ann'], withinMs: 60_000, limit: 20 },
    ...given,
  });
  run.start();
  const asked = () =>
    run.effects().flatMap((effect) => (effect.type === 'startProcedure' && effect.kind === 'escalation' ? [effect.input] : []));
  const told = () =>
    run.effects().flatMap((effect) => (effect.type === 'tellProcedure' && effect.kind === 'escalation' ? [effect.news] : []));
  const end = (given: Partial<EscalationOutcome> & Pick<EscalationOutcome, 'decision'>, n = 1) => {
    const outcome = { by: 'ann', how: 'answered', note: null, data: null, level: 1, startedAt: 0, endedAt: 1, ...given } as const;
    return run.happen({ type: 'procedureEnded', kind: 'escalation', n, outcome, reason: null });
  };
  const entries = (event: string) =>
    run.effects().flatMap((effect) => (effect.type === 'journal' && effect.event === event ? [effect.data] : []));
  return {
    ...run,
    asked,
    told,
    end,
    found: () => entries('conflictFound'),
    resolved: () => entries('conflictResolved'),
    /** As the worker of an attempt that is to end does. */
    release: (taskId: string) => run.fail(taskId, { cause: 'stopped', message: 'ended' }),
  };
}
