import { ownValue } from '../own-value.ts';
import type { Priority } from '../plan/plan.ts';
import { changePriority } from './adjustments.ts';
import { emergenciesOf } from './emergency-state.ts';
import { actionsOf, measuresInForce, meantBy } from './measures.ts';
import { isTaskEnded } from './state.ts';
import { placeOf, taskRun, type Turn } from './turn.ts';

/**
 * Gives tasks the priority that the measures in force want, the later ones over the earlier, and back what they had where none wants another
 * any more. What has been said of a priority otherwise since then stays. What has ended is left as it is, and put back for a rollback that
 * opens it again.
 */
export function setPriorities(turn: Turn): void {
  const emergencies = emergenciesOf(turn.state);
  const wanted = wantedPriorities(turn);
  const known = emergencies.priorities ?? {};
  if (wanted.size === 0 && emergencies.priorities === undefined) return;
  for (const [task, { id }] of turn.index.tasks.entries()) {
    const [old, next] = [ownValue(known, id), wanted.get(task)];
    const run = taskRun(turn, task);
    if (old?.wanted === next || (old === undefined && isTaskEnded(run.state))) continue;
    const before = old?.wanted === run.priority ? old.before : run.priority;
    if (next === undefined) delete known[id];
    else known[id] = { before, wanted: next };
    put(turn, task, next ?? before);
  }
  if (Object.keys(known).length === 0) delete emergencies.priorities;
  else emergencies.priorities = known;
}

function wantedPriorities(turn: Turn): Map<number, Priority> {
  const wanted = new Map<number, Priority>();
  for (const { measure } of measuresInForce(turn))
    for (const { priority } of actionsOf(measure, 'priority'))
      for (const task of meantBy(turn, measure)) wanted.set(task, priority);
  return wanted;
}

function put(turn: Turn, task: number, priority: Priority): void {
  const run = taskRun(turn, task);
  if (run.priority === priority) return;
  if (!isTaskEnded(run.state))
    return changePriority(turn, { by: 'a temporary measure', taskId: turn.index.tasks[task]?.id ?? '', priority });
  run.priority = priority;
  turn.places[task] = placeOf(turn, task, priority);
}
