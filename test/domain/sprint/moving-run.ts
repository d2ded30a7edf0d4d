import type { ReallocationPolicy } from '../../../src/domain/reallocation/policy.ts';
import { TRIGGERS } from '../../../src/domain/reallocation/policy.ts';
import type { ReallocationOutcome, ReallocationSaid } from '../../../src/domain/reallocation/reallocation.ts';
import { toWrapUp } from '../../../src/domain/sprint/wrap-up.ts';
import { agent, START, task, type GivenSprint } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

export const POLICY: ReallocationPolicy = {
  on: TRIGGERS,
  factor: 2,
  blockedForMs: 5_000,
  limit: 3,
  backoffMs: 1_000,
  negotiateWithinMs: 30_000,
  wrapUpWithinMs: 1_000,
  acknowledgeWithinMs: 60_000,
};

/** A sprint under way that moves work; its reallocations are what the test says of them. Two agents can do the one task. */
export function runMoving(given: Partial<GivenSprint> = {}, policy: Partial<ReallocationPolicy> = {}) {
  const sprint = runSprint({
    agents: [agent('a1'), agent('a2')],
    tasks: [task('page')],
    reallocation: { ...POLICY, ...policy },
    ...given,
  });
  sprint.start();
  const begun = () =>
    sprint
      .effects()
      .flatMap((effect) => (effect.type === 'startProcedure' && effect.kind === 'reallocation' ? [effect.input] : []));
  const told = () =>
    sprint
      .effects()
      .flatMap((effect) => (effect.type === 'tellProcedure' && effect.kind === 'reallocation' ? [effect.news] : []));
  const escalated = () =>
    sprint
      .effects()
      .flatMap((effect) => (effect.type === 'startProcedure' && effect.kind === 'escalation' ? [effect.input] : []));
  const say = (said: ReallocationSaid, n = 1) => sprint.happen({ type: 'procedureSaid', kind: 'reallocation', n, said });
  const end = (outcome: Partial<ReallocationOutcome> | null, n = 1) => {
    const whole = { result: 'moved', agent_id: 'a2', attempt: 2, reason: 'a2 moves', startedAt: START, endedAt: START } as const;
    return sprint.happen({
      type: 'procedureEnded',
      kind: 'reallocation',
      n,
      outcome: outcome && { ...whole, ...outcome },
      reason: outcome && 'terminated',
    });
  };
  const decide = (decision: string, n = 1) => {
    const outcome = { decision, by: 'ann', how: 'answered', note: null, data: null, level: 1, startedAt: START, endedAt: START };
    return sprint.happen({
      type: 'procedureEnded',
      kind: 'escalation',
      n,
      outcome: { ...outcome, how: 'answered' },
      reason: null,
    });
  };
  return {
    ...sprint,
    begun,
    told,
    escalated,
    say,
    award: (agent_id: string, n = 1) => say({ type: 'awarded', agent_id, why: 'the best' }, n),
    end,
    decide,
    /** The agent says so of itself, and the attempt is over. */
    quit: (taskId = 'page') => sprint.fail(taskId, { fault: 'quota', message: 'no tokens left' }),
    /** As the attempt's worker does when it has been told to end. */
    release: (taskId = 'page', how: Parameters<typeof sprint.fail>[1] = {}) =>
      sprint.fail(taskId, { cause: 'stopped', message: 'ended', ...how }),
    away: (agent_id: string, more: object = {}) => sprint.send('agentAvailability', { agent_id, available: false, ...more }),
    back: (agent_id: string, more: object = {}) => sprint.send('agentAvailability', { agent_id, available: true, ...more }),
    wrapUp: (taskId: string, attempt: number) => toWrapUp(sprint.sprint, { taskId, attempt }).wrapUp,
    excluded: () => Object.fromEntries((begun().at(-1)?.candidates ?? []).map((each) => [each.agent.id, each.excluded])),
  };
}
