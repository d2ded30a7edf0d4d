import type { EscalationPolicy } from '../escalation/policy.ts';
import type { Sprint } from './turn.ts';

/** The chain that the plan declares for a task (its id), or for the sprint as a whole; undefined: none. */
export function declaredChain(
  { definition, index }: Pick<Sprint, 'definition' | 'index'>,
  taskId: string | null,
): EscalationPolicy | undefined {
  const task = taskId === null ? undefined : index.taskNumber.get(taskId);
  const own = task === undefined ? undefined : index.tasks[task]?.escalation;
  return own ?? definition.sprint.escalation ?? definition.escalation;
}

/** Who decides a conflict: those whom the plan names for that, then its chain; nobody where it has neither. */
export function mediationChain(sprint: Pick<Sprint, 'definition' | 'index'>, taskId: string | null): EscalationPolicy {
  const { mediation } = sprint.definition;
  const chain = declaredChain(sprint, taskId);
  const { to = [], withinMs = 0 } = mediation ?? {};
  const mediators = to.length === 0 ? [] : [{ to, via: [], withinMs, asks: 'mediation' as const }];
  return {
    levels: [...mediators, ...(chain?.levels ?? [])],
    otherwise: chain?.otherwise ?? 'fallback',
    ...(chain?.hours ? { hours: chain.hours } : {}),
    ...(chain?.meanwhile ? { meanwhile: chain.meanwhile } : {}),
  };
}
