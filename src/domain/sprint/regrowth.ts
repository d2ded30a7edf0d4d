import type { Task } from '../plan/plan.ts';
import { activateLater } from './activation.ts';
import { amendDefinition } from './amended-definition.ts';
import { regrowBudgets } from './budget-regrowth.ts';
import { toFirstAgent, toFirstRun } from './create-sprint.ts';
import type { SprintDefinition } from './definition.ts';
import { limitOf } from './emergency-state.ts';
import { markHeld } from './measures.ts';
import { makeReady } from './parking.ts';
import { buildIndex, type SprintIndex } from './sprint-index.ts';
import { isAtWork, type ResourceRun, type TaskRun } from './state.ts';
import { rankTasks } from './task-order.ts';
import { placeOf, taskRun, touchAll, type Turn } from './turn.ts';

/**
 * Puts an amended definition in force: a new index, and a state that has grown to its size. Tasks and agents keep their numbers, what has
 * happened stays. Queues are empty then, to be filled by `requeue` when it is known who may wait in them. O(n log n), once per amendment.
 * Expects that the tasks at work are as they were.
 */
export function regrow(turn: Turn, definition: SprintDefinition): void {
  const { sprint, state, index: before } = turn;
  const index = buildIndex(definition);
  sprint.definition = turn.definition = definition;
  sprint.index = turn.index = index;
  for (const task of index.tasks.slice(state.tasks.length)) state.tasks.push(toFirstRun(task.priority, 0));
  for (const [number, profile] of index.agents.entries()) growAgent(turn, before, number, profile.capacity);
  for (const [task, run] of state.tasks.entries()) run.waitsFor = countUndone(turn, index.dependencies[task] as number[]);
  for (const [number, checkpoint] of state.checkpoints.entries())
    if (checkpoint.state === 'ahead') checkpoint.waitsFor = countUndone(turn, index.checkpointTasks[number] as number[]);
  state.work = {
    endedMs: index.estimateMs.reduce((sum, ms, task) => sum + (taskRun(turn, task).endedAt === null ? 0 : ms), 0),
    totalMs: index.estimateMs.reduce((sum, ms) => sum + ms, 0),
  };
  state.resources = regrowResources(turn, before);
  regrowBudgets(turn, before);
  for (const [task, place] of rankTasks(index, state.ordering.order).entries()) turn.rank[task] = place;
  for (const [task, { priority }] of state.tasks.entries()) turn.places[task] = placeOf(turn, task, priority);
  clearQueues(turn);
  activateLater(turn);
}

function growAgent({ state, index }: Turn, before: SprintIndex, number: number, capacity: number): void {
  const known = state.agents[number];
  if (!known) state.agents.push(toFirstAgent(capacity, !index.triggers.some(({ agent }) => agent === number)));
  // What has been said of its capacity since holds on, unless this amendment changes it.
  else if (before.agents[number]?.capacity !== capacity) known.capacity = capacity;
}

const countUndone = ({ state }: Turn, tasks: readonly number[]): number =>
  tasks.reduce((count, task) => count + ((state.tasks[task] as TaskRun).state === 'done' ? 0 : 1), 0);

/**
 * Leases by the new numbers of resources. What was held is held; a path that only one task took needed no lease, and is now granted to
 * that task if another one takes it, too.
 */
function regrowResources({ index, state }: Turn, before: SprintIndex): ResourceRun[] {
  const known = new Map(before.resourceIds.map((id, number) => [id, state.resources[number] as ResourceRun]));
  // A resource gets one token per attempt at most: above this no token of it has ever been.
  const attempts = state.attempts.ended + state.running;
  const resources = index.resourceIds.map((id): ResourceRun => {
    const token = known.get(id)?.token ?? attempts;
    const limit = limitOf(state, id);
    return { token, exclusive: false, count: 0, held: [], parked: [], ...(limit === null ? {} : { limit }) };
  });
  for (const [task, run] of state.tasks.entries()) {
    if (!isAtWork(run.state)) continue;
    for (const { resource, mode } of index.needs[task] as SprintIndex['needs'][number]) {
      const lease = resources[resource] as ResourceRun;
      const held = known.get(index.resourceIds[resource] as string)?.held.find((other) => other.task === task);
      if (!held) lease.token += 1;
      lease.held.push(held ?? { task, mode, token: lease.token });
      lease.count += 1;
      lease.exclusive = mode === 'exclusive';
    }
  }
  return resources;
}

function clearQueues({ index, state }: Turn): void {
  state.ready = index.classes.map(() => []);
  state.leaseQueues = Array.from({ length: index.leaseGroupCount }, () => ({ head: null, behind: [] }));
  for (const resource of state.resources) resource.parked = [];
  if (state.budgets) state.budgets.parked = [];
}

/** Puts tasks that are not at work in the place of those with their ids. */
export function putTasks(turn: Turn, tasks: readonly Task[]): void {
  regrow(turn, amendDefinition(turn.definition, { revision: 0, tasks }));
  requeue(turn);
}

/** Makes ready whatever waits for nothing but an agent or leases, and nothing else; before the start nothing is. */
export function requeue(turn: Turn): void {
  clearQueues(turn);
  touchAll(turn);
  markHeld(turn);
  if (!turn.state.started) return;
  for (const [task, { state }] of turn.state.tasks.entries()) if (state === 'waiting') makeReady(turn, task);
}
