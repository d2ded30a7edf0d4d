import { estimateOf } from '../plan/plan.ts';
import { toFirstBudgets } from './accounts.ts';
import { noClasses } from './class-set.ts';
import type { SprintDefinition } from './definition.ts';
import { buildIndex, type SprintIndex } from './sprint-index.ts';
import type { AgentRun, SprintState, TaskRun } from './state.ts';
import { LONGEST_PATH, rankTasks, type TaskOrder } from './task-order.ts';
import { placeOf, type Sprint } from './turn.ts';

/** A sprint that has not started: its first event is `started`. Expects a plan that validation has passed. */
export function createSprint(definition: SprintDefinition, now: number): Sprint {
  return startOver(definition, buildIndex(definition), now);
}

/** As `createSprint`, with an index that has been built: for a sprint that is played many times. */
export function startOver(definition: SprintDefinition, index: SprintIndex, now: number, order = LONGEST_PATH): Sprint {
  return toSprint(definition, index, toFirstState(index, now, order));
}

/** A sprint as it was carried over: the index is built anew, unless it is there already. */
export function reviveSprint(definition: SprintDefinition, state: SprintState, index = buildIndex(definition)): Sprint {
  return toSprint(definition, index, state);
}

function toSprint(definition: SprintDefinition, index: SprintIndex, state: SprintState): Sprint {
  const rank = rankTasks(index, state.ordering.order);
  const places = state.tasks.map(({ priority }, task) => placeOf({ index, rank }, task, priority));
  const isBefore = (a: number, b: number): boolean => (places[a] as number) < (places[b] as number);
  return { definition, index, state, rank, places, isBefore, phrases: [], touched: noClasses() };
}

/** State of a sprint that has not started. */
export function toFirstState(index: SprintIndex, now: number, order: TaskOrder = LONGEST_PATH): SprintState {
  const withTriggers = new Set(index.triggers.map(({ agent }) => agent));
  return {
    phase: 'running',
    reason: null,
    now,
    started: false,
    startedAt: now,
    endedAt: null,
    tasks: index.tasks.map((task, number) => ({
      ...toFirstRun(task.priority, (index.dependencies[number] as readonly number[]).length),
      ...(index.earlier === null ? {} : goOnFrom(index.earlier, number)),
    })),
    agents: index.agents.map(({ capacity }, agent) => toFirstAgent(capacity, !withTriggers.has(agent))),
    resources: index.resourceIds.map(() => ({ token: 0, exclusive: false, count: 0, held: [], parked: [] })),
    checkpoints: index.checkpointTasks.map((tasks) => ({ state: 'ahead', waitsFor: tasks.length, passedAt: null })),
    firedTriggers: index.triggers.map(() => false),
    ready: index.classes.map(() => []),
    leaseQueues: Array.from({ length: index.leaseGroupCount }, () => ({ head: null, behind: [] })),
    timers: [],
    timersKept: 0,
    running: 0,
    ended: 0,
    failed: 0,
    attempts: { ended: 0, failed: 0 },
    work: { endedMs: 0, totalMs: index.tasks.reduce((sum, task) => sum + estimateOf(task), 0) },
    drain: null,
    cancelling: false,
    escalations: {},
    mail: null,
    rollback: null,
    procedures: { escalation: 0, reallocation: 0, rollback: 0 },
    inbox: {},
    alerts: [],
    decisions: [],
    ordering: {
      // A copy: what is carried over is put in place.
      order: { ...order },
      asked: 0,
      askedAt: null,
      departedMs: 0,
      measured: { tasks: 0, estimatedMs: 0, actualMs: 0, estimatedSquare: 0, actualSquare: 0, product: 0 },
      forecastFactor: 1,
      changed: null,
    },
    report: { sentAt: now, dueAt: null },
    budgets: toFirstBudgets(index.budgets, now),
  };
}

/** Of a task that had attempts before its sprint was rolled back. */
function goOnFrom({ attempts, why }: NonNullable<SprintIndex['earlier']>, task: number): Partial<TaskRun> {
  const attempt = attempts[task] as number;
  return attempt === 0 ? {} : { attempt, feedback: [`Attempt ${attempt} was rolled back ${why}`] };
}

export function toFirstAgent(capacity: number, active: boolean): AgentRun {
  return { active, available: true, availableAt: null, capacity, busy: 0, held: 0, assigned: 0, last: null };
}

/** A task before its first attempt. */
export function toFirstRun(priority: TaskRun['priority'], waitsFor: number): TaskRun {
  return {
    state: 'waiting',
    priority,
    waitsFor,
    attempt: 0,
    failures: 0,
    losses: 0,
    escalations: 0,
    isEscalated: false,
    agent: null,
    failedBy: null,
    startedAt: null,
    endedAt: null,
    retryAt: null,
    expectedAt: null,
    slipped: false,
    reason: null,
    status: null,
    summary: null,
    deliverables: [],
    feedback: [],
    answers: [],
  };
}
