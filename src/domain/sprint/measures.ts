import {
  causeKey,
  describeContingency,
  describeMeanwhile,
  type Contingency,
  type ContingencyAction,
  type ContingencyCause,
  type Meanwhile,
  type MeanwhileAction,
} from '../emergencies/contingency.ts';
import { clip } from '../clip.ts';
import type { EscalationCause } from '../escalation/escalation.ts';
import type { Task } from '../plan/plan.ts';
import { MAX_MEASURES, type ContingencyRun } from './emergency-state.ts';
import { needsOf } from './leases.ts';
import { isTaskEnded, MAX_IN_FLIGHT, type SprintState } from './state.ts';
import type { Sprint } from './turn.ts';

/** Temporary measures: what the plan's contingencies, and chains while somebody is asked, want of the sprint now. Changes nothing. */

export type Measure = Contingency | Meanwhile;

interface InForce {
  /** In the state. */
  readonly key: string;
  readonly measure: Measure;
  readonly run: ContingencyRun;
}

const NOTHING: readonly InForce[] = [];

/** Contingencies in the order of the plan, then what chains have done, in the order of the escalations. */
export function measuresInForce({ definition, state }: Sprint): readonly InForce[] {
  // Looked at in every step, and most sprints have none.
  if (state.emergencies === undefined) return NOTHING;
  const runs = Object.entries(state.emergencies.contingencies);
  return runs
    .map(([key, run]) => ({ key, run, measure: run.meanwhile ?? contingencyAt(definition, key) }))
    .toSorted((a, b) => toOrder(a.key) - toOrder(b.key));
}

const OF_ESCALATION = 'escalation/';
export const toMeanwhileKey = (n: number | string): string => `${OF_ESCALATION}${n}`;
/** Number of the escalation whose chain it is of; null: it is a contingency of the plan. */
export const escalationOf = (key: string): number | null =>
  key.startsWith(OF_ESCALATION) ? Number(key.slice(OF_ESCALATION.length)) : null;

const toOrder = (key: string): number => {
  const n = escalationOf(key);
  return n === null ? Number(key) : Number.MAX_SAFE_INTEGER / 2 + n;
};

export const contingencyAt = ({ contingencies = [] }: Sprint['definition'], key: string): Contingency =>
  contingencies[Number(key)] as Contingency;

const MAX_TEXT = 300;

/** What stands in the ledger, in reviews and among the measures of an emergency. */
export const describeMeasure = (measure: Measure): string =>
  clip('when' in measure ? `contingency in force: ${describeContingency(measure)}` : describeMeanwhile(measure), MAX_TEXT);

/** Its actions of one kind. */
export function actionsOf<Kind extends string>(measure: Measure, kind: Kind) {
  const actions: readonly ContingencyAction[] = measure.do;
  return actions.filter((action): action is Extract<ContingencyAction, Record<Kind, unknown>> => kind in action);
}

/** Numbers of the tasks that it is about: those that it names, or that its cause concerns as the plan has it. */
export function meantBy(sprint: Sprint, measure: Measure): ReadonlySet<number> {
  if (!('when' in measure)) return measure.task === null ? new Set() : laneOf(sprint, measure.task);
  const { when, tasks } = measure;
  if (tasks) return new Set(tasks.flatMap((id) => sprint.index.taskNumber.get(id) ?? []));
  return 'task' in when ? laneOf(sprint, when.task) : tasksWhere(sprint, (task) => isConcerned(when, task));
}

const tasksWhere = ({ definition }: Sprint, isMeant: (task: Task, number: number) => boolean): ReadonlySet<number> =>
  new Set(definition.sprint.tasks.flatMap((task, number) => (isMeant(task, number) ? [number] : [])));

/** Whether what has happened keeps the task itself waiting, or makes it late. */
function isConcerned(when: Exclude<ContingencyCause, { task: string }>, task: Task): boolean {
  if ('resource' in when) return task.resources.some(({ id }) => id === when.resource);
  if ('dependency' in when) return task.needs?.includes(when.dependency) ?? false;
  return 'agent' in when ? task.agent === when.agent : true;
}

/**
 * The lane of work of a task: what depends on it, directly or not, what the plan gives to the same agent, and what needs a lease that only
 * one of the two can have. The task itself is not part of it.
 */
function laneOf(sprint: Sprint, id: string): ReadonlySet<number> {
  const { definition, index } = sprint;
  const first = index.taskNumber.get(id) as number;
  const dependents = new Set([first]);
  // What is added on the way is visited, too.
  for (const task of dependents) for (const after of index.successors[task] as readonly number[]) dependents.add(after);
  const { agent } = definition.sprint.tasks[first] as Task;
  const own = new Map(needsOf(sprint, first).map(({ resource, mode }) => [resource, mode]));
  const isExcluded = (number: number): boolean =>
    needsOf(sprint, number).some(({ resource, mode }) => {
      const other = own.get(resource);
      return other !== undefined && (other === 'exclusive' || mode === 'exclusive');
    });
  const beside = tasksWhere(sprint, (task, number) => (agent !== null && task.agent === agent) || isExcluded(number));
  const lane = new Set([...dependents, ...beside]);
  lane.delete(first);
  return lane;
}

/**
 * What the measure keeps from starting. What needs what has failed waits for that by itself, and may be what shows that it works again.
 * People may have decided that work goes on nevertheless.
 */
function heldBy(sprint: Sprint, measure: Measure): readonly number[] {
  if (actionsOf(measure, 'hold').length === 0) return [];
  const meant = [...meantBy(sprint, measure)];
  if (!('when' in measure) || 'task' in measure.when) return meant;
  const { when } = measure;
  if (sprint.state.emergencies?.open[causeKey(when)]?.isOverridden) return [];
  return meant.filter((task) => !isConcerned(when, sprint.definition.sprint.tasks[task] as Task));
}

/** Tasks that wait because of what has that key, and would not otherwise. */
export const heldFor = (sprint: Sprint, key: string): readonly number[] =>
  measuresInForce(sprint)
    .filter(({ measure }) => 'when' in measure && causeKey(measure.when) === key)
    .flatMap(({ measure }) => heldBy(sprint, measure))
    .filter((task) => sprint.state.tasks[task]?.state === 'waiting');

/** Reason of a task that is ready but for that. */
export const ON_HOLD = 'held by a temporary measure';

/** Marks the tasks that measures in force keep from starting, and no others. */
export function markHeld(sprint: Sprint): void {
  const held = new Set(measuresInForce(sprint).flatMap(({ measure }) => heldBy(sprint, measure)));
  for (const [task, run] of sprint.state.tasks.entries()) {
    if (held.has(task) && !isTaskEnded(run.state)) run.isHeld = true;
    else if (run.isHeld) {
      delete run.isHeld;
      if (run.reason === ON_HOLD) run.reason = null;
    }
  }
}

/** How many attempts may be at work at a time at most for another one to start: a quality crisis and measures in force lower it. */
function startLimit(sprint: Sprint): number {
  if (sprint.state.emergencies === undefined) return MAX_IN_FLIGHT;
  const limits = measuresInForce(sprint).flatMap(({ measure }) => actionsOf(measure, 'concurrency'));
  return Math.min(MAX_IN_FLIGHT, crisisLimit(sprint), ...limits.map(({ concurrency }) => concurrency));
}

function crisisLimit({ definition: { quality }, state }: Sprint): number {
  const crisis = Object.values(state.emergencies?.open ?? {}).find(({ kind }) => kind === 'qualityCrisis');
  if (!crisis || crisis.isOverridden) return MAX_IN_FLIGHT;
  return quality?.measure === 'pause' ? 0 : 1;
}

/** Whether as many attempts as that are at work. */
export const isThrottled = (sprint: Sprint): boolean => sprint.state.running >= startLimit(sprint);

/** Whether it is for a measure that the sprint is paused, so that it goes on by itself. */
export const isPausedByMeasure = ({ phase, emergencies }: SprintState): boolean =>
  phase === 'paused' && Object.values(emergencies?.contingencies ?? {}).some(({ hasPaused }) => hasPaused);

/** Whoever pauses or resumes the sprint says when it goes on. */
export function forgetPauses({ emergencies }: SprintState): void {
  for (const run of Object.values(emergencies?.contingencies ?? {})) run.hasPaused = false;
}

/** What is done while an escalation of that cause is open, in words. */
export function measuresFor(
  { definition }: Sprint,
  cause: EscalationCause,
  meanwhile: readonly MeanwhileAction[] = [],
): string[] {
  const { key, measures, task } = cause;
  const isOf = ({ when }: Contingency): boolean => causeKey(when) === key || ('task' in when && when.task === task);
  const foreseen: Measure[] = (definition.contingencies ?? []).filter(isOf);
  const all = [...foreseen, ...(meanwhile.length === 0 ? [] : [{ task, do: meanwhile }])].map(describeMeasure);
  return [...new Set([...measures, ...all].map((text) => clip(text, MAX_TEXT)))].slice(-MAX_MEASURES);
}
