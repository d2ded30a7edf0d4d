import type { EscalationOutcome, EscalationSaid } from '../../../src/domain/escalation/escalation.ts';
import type { EscalationPolicy } from '../../../src/domain/escalation/policy.ts';
import type { Task } from '../../../src/domain/plan/plan.ts';
import type { AgentProfile } from '../../../src/domain/roster.ts';
import type { SprintDefinition } from '../../../src/domain/sprint/definition.ts';
import { agent, START, task } from './sprint-definition.ts';
import { runSprint } from './sprint-run.ts';

/** Asks ann and the agent w, through the channel ops. */
export const chain: EscalationPolicy = { levels: [{ to: ['ann', 'w'], via: ['ops'], withinMs: 60_000 }], otherwise: 'reject' };

/** The task `shaky`, on which `after` depends, and `other`, all of them of agent w; an escalation says and ends what the test wants. */
export function escalatingSprint(
  more: {
    escalation?: EscalationPolicy;
    own?: EscalationPolicy;
    attempts?: number;
    priority?: 'urgent' | 'high';
    shaky?: Partial<Task>;
    agents?: readonly AgentProfile[];
    budgets?: SprintDefinition['budgets'];
  } = {},
) {
  const { escalation = chain, own, attempts = 1, priority } = more;
  const { dependsOn: _, ...given } = more.shaky ?? {};
  const shaky = task('shaky', {
    agent: 'w',
    budget: { timeMs: null, attempts },
    ...(own ? { escalation: own } : {}),
    ...(priority ? { priority } : {}),
    ...given,
  });
  const sprint = runSprint({
    agents: [agent('w', { capacity: 5 }), ...(more.agents ?? [])],
    tasks: [shaky, task('after', { agent: 'w', dependsOn: ['shaky'] }), task('other', { agent: 'w' })],
    escalation,
    people: ['dora'],
    ...(more.budgets ? { budgets: more.budgets } : {}),
  });
  sprint.start();
  const started = () =>
    sprint.effects().flatMap((effect) => (effect.type === 'startProcedure' && effect.kind === 'escalation' ? [effect] : []));
  const told = () => sprint.effects().flatMap((effect) => (effect.type === 'tellProcedure' ? [effect.news] : []));
  const say = (said: Partial<EscalationSaid> = {}, n = 1) =>
    sprint.happen({
      type: 'procedureSaid',
      kind: 'escalation',
      n,
      said: {
        type: 'asked',
        level: 1,
        people: ['ann'],
        via: ['ops'],
        deadline: sprint.now() + 60_000,
        otherwise: 'it fails',
        ...said,
      } as EscalationSaid,
    });
  const end = (given: Partial<EscalationOutcome> | null, n = 1) =>
    sprint.happen({
      type: 'procedureEnded',
      kind: 'escalation',
      n,
      outcome:
        given === null
          ? null
          : {
              decision: 'retry',
              by: 'ann',
              how: 'answered',
              note: null,
              data: null,
              level: 1,
              startedAt: START,
              endedAt: START,
              ...given,
            },
      reason: given === null ? 'terminated' : null,
    });
  const proposed = () => sprint.effects().flatMap((effect) => (effect.type === 'proposeAmendment' ? [effect.proposal] : []));
  /** The execution has put in force what escalation `n` decided about `shaky`. */
  const amended = (set: Partial<Task>, n = 1) => {
    const now = sprint.sprint.definition.sprint.tasks.find(({ id }) => id === 'shaky') as Task;
    sprint.happen({ type: 'amended', amendment: { revision: n, tasks: [{ ...now, ...set }] }, proposal: n });
  };
  return { ...sprint, started, told, say, end, proposed, amended };
}
