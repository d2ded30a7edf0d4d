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
