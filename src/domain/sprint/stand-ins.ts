import type { Contingency } from '../emergencies/contingency.ts';
import type { Task } from '../plan/plan.ts';
import { measuresInForce, meantBy } from './measures.ts';
import { withdrawMoveOf } from './reallocations.ts';
import { putTasks } from './regrowth.ts';
import { isAtWork } from './state.ts';
import { agentOfTask, plannedSpec, taskRun, type Turn } from './turn.ts';
import { putBackAttempt } from './withdrawal.ts';

/**
 * Puts in the place of what the plan says whatever the contingencies in force want. An attempt at work is taken over by whoever stands in;
 * it is not taken away when that is over. What has ended is changed, too: a rollback may open it again.
 */
export function placeStandIns(turn: Turn): void {
  const { definition, state } = turn;
  if (!definition.contingencies) return;
  const active = measuresInForce(turn).flatMap(({ measure, run: { overruled = [] } }) =>
    'when' in measure ? [{ contingency: measure, meant: meantBy(turn, measure), overruled }] : [],
  );
  const waiting: Task[] = [];
  const taken: { readonly task: number; readonly why: string }[] = [];
  for (const [number, spec] of definition.sprint.tasks.entries()) {
    const task = plannedSpec(turn, number);
    const instead = toInstead(
      task,
      active.flatMap(({ contingency, meant, overruled }) => {
        if (!meant.has(number)) return [];
        return [overruled.includes(spec.id) ? withoutStandIn(contingency) : contingency];
      }),
    );
    if (isSame(task.instead, instead)) continue;
    const { instead: _, ...plain } = task;
    const next: Task = instead ? { ...plain, instead } : plain;
    withdrawMoveOf(turn, number, 'a contingency says who does it');
    if (!isAtWork(taskRun(turn, number).state)) waiting.push(next);
    else {
      (state.pending ??= {})[spec.id] = next;
      const isOther = instead?.agent === undefined ? instead?.resources : instead.agent !== agentOfTask(turn, number).id;
      if (isOther) taken.push({ task: number, why: 'taken over: a contingency is in force' });
    }
  }
  if (waiting.length > 0) putTasks(turn, waiting);
  for (const { task, why } of taken) putBackAttempt(turn, task, why);
}

const withoutStandIn = (contingency: Contingency): Contingency => ({
  ...contingency,
  do: contingency.do.filter((action) => !('useAgent' in action)),
});

/** The task is given to somebody by name: contingencies in force do not give it to anybody else any more. */
export function overruleStandIns(turn: Turn, taskId: string): void {
  for (const { run } of measuresInForce(turn)) {
    if (!run.overruled?.includes(taskId)) run.overruled = [...(run.overruled ?? []), taskId];
  }
  if (turn.state.emergencies) placeStandIns(turn);
}

const isSame = (a: Task['instead'], b: Task['instead']): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What the contingencies want of the task, the later ones over the earlier; undefined: nothing. */
function toInstead(task: Task, contingencies: readonly Contingency[]): Task['instead'] {
  let instead: Task['instead'];
  for (const { when, do: actions } of contingencies) {
    for (const action of actions) {
      const resources = instead?.resources ?? task.resources;
      if ('useAgent' in action) {
        instead = { ...instead, agent: action.useAgent };
        if ('resource' in when) instead = { ...instead, resources: resources.filter(({ id }) => id !== when.resource) };
        if ('dependency' in when)
          instead = { ...instead, needs: (instead.needs ?? task.needs ?? []).filter((id) => id !== when.dependency) };
      } else if ('useResource' in action && 'resource' in when)
        instead = {
          ...instead,
          resources: resources.map((need) => (need.id === when.resource ? { ...need, id: action.useResource } : need)),
        };
    }
  }
  return instead;
}
