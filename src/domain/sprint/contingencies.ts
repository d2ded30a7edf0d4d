import { causeKey, describeContingency, type Contingency, type ContingencyAction } from '../emergencies/contingency.ts';
import { ownValue } from '../own-value.ts';
import type { Task } from '../plan/plan.ts';
import { changePriority } from './adjustments.ts';
import { pause, resume } from './control.ts';
import { emergenciesOf, noteMeasure, type ContingencyRun } from './emergency-state.ts';
import { withdrawMoveOf } from './reallocations.ts';
import { putTasks, requeue } from './regrowth.ts';
import { isAtWork, isTaskEnded } from './state.ts';
import { skipTask } from './task-ends.ts';
import { agentOfTask, alert, decide, resolveAlert, taskRun, taskSpec, type Turn } from './turn.ts';
import { putBackAttempt } from './withdrawal.ts';

/** What a contingency may wait for has come, or has gone. Costs nothing where the plan has none. */
export function onCause(turn: Turn, key: string, isThere: boolean): void {
  for (const [place, contingency] of (turn.definition.contingencies ?? []).entries()) {
    if (causeKey(contingency.when) !== key) continue;
    if (isThere) activate(turn, place, contingency);
    else deactivate(turn, place, contingency);
  }
}

const alertIdOf = (place: number): string => `contingency/${place + 1}`;

function activate(turn: Turn, place: number, contingency: Contingency): void {
  const { contingencies } = emergenciesOf(turn.state);
  if (contingencies[place]) return;
  const text = `contingency in force: ${describeContingency(contingency)}`;
  const run: ContingencyRun = {
    since: turn.state.now,
    priorities: {},
    hasPaused: turn.state.phase === 'running' && contingency.do.some((action) => 'pause' in action),
  };
  contingencies[place] = run;
  const via = contingency.do.flatMap((action) => ('notify' in action ? action.notify : []));
  alert(turn, ALERTS[kindOf(contingency)], alertIdOf(place), text, null, via);
  decide(turn, 'contingencyActivated', text, { contingency: place + 1, cause: causeKey(contingency.when) });
  noteMeasure(turn.state, causeKey(contingency.when), text);
  for (const action of contingency.do) carryOut(turn, contingency, action, run);
  applyContingencies(turn);
  if (run.hasPaused) pause(turn, { by: 'a contingency', reason: text });
}

const kindOf = ({ when }: Contingency): keyof typeof ALERTS =>
  'sprint' in when ? 'sprint' : 'agent' in when ? 'agent' : 'resource';
const ALERTS = { sprint: 'timeline', agent: 'performance', resource: 'resource' } as const;

function carryOut(turn: Turn, contingency: Contingency, action: ContingencyAction, run: ContingencyRun): void {
  const meant = [...turn.state.tasks.keys()].filter(
    (task) => !isTaskEnded(taskRun(turn, task).state) && isMeant(turn, contingency, task),
  );
  if ('priority' in action) {
    for (const task of meant) {
      const before = taskRun(turn, task).priority;
      if (before === action.priority) continue;
      run.priorities[taskSpec(turn, task).id] = before;
      changePriority(turn, { by: 'a contingency', taskId: taskSpec(turn, task).id, priority: action.priority });
    }
  }
  if ('skip' in action) {
    for (const task of meant) if (taskRun(turn, task).state === 'waiting') skipTask(turn, task, describeContingency(contingency));
    requeue(turn);
  }
}

function deactivate(turn: Turn, place: number, contingency: Contingency): void {
  const run = turn.state.emergencies?.contingencies[place];
  if (!run) return;
  delete turn.state.emergencies?.contingencies[place];
  resolveAlert(turn, alertIdOf(place));
  const kept = contingency.do.some((action) => 'skip' in action) ? '; what was skipped stays so' : '';
  const text = `contingency undone: ${describeContingency(contingency)}${kept}`;
  decide(turn, 'contingencyUndone', text, { contingency: place + 1, cause: causeKey(contingency.when) });
  for (const [taskId, priority] of Object.entries(run.priorities)) {
    const task = turn.index.taskNumber.get(taskId);
    if (task !== undefined && !isTaskEnded(taskRun(turn, task).state))
      changePriority(turn, { by: 'the end of a contingency', taskId, priority });
  }
  applyContingencies(turn);
  if (run.hasPaused && turn.state.phase === 'paused') resume(turn, { by: 'the end of a contingency', reason: null });
}

/** Whether it is about the task: one that it names, or that its cause concerns as the plan has it. */
function isMeant(turn: Turn, { when, tasks }: Contingency, number: number): boolean {
  const task = turn.definition.sprint.tasks[number] as Task;
  if (tasks) return tasks.includes(task.id);
  if ('resource' in when) return task.resources.some(({ id }) => id === when.resource);
  if ('dependency' in when) return task.needs?.includes(when.dependency) ?? false;
  return 'agent' in when ? task.agent === when.agent : true;
}

/**
 * Puts in the place of what the plan says whatever the contingencies in force want, and back what they do not want any more. An attempt at
 * work is taken over by whoever stands in; it is not taken away when that is over. What has ended is changed, too: a rollback may open it again.
 */
export function applyContingencies(turn: Turn): void {
  const { definition, state } = turn;
  if (!definition.contingencies || !state.emergencies) return;
  const active = definition.contingencies.filter((_contingency, place) => state.emergencies?.contingencies[place]);
  const waiting: Task[] = [];
  const taken: { readonly task: number; readonly why: string }[] = [];
  for (const [number, spec] of definition.sprint.tasks.entries()) {
    const task = (state.pending && ownValue(state.pending, spec.id)) ?? spec;
    const instead = toInstead(
      task,
      active.filter((contingency) => isMeant(turn, contingency, number)),
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
