import { elementAt } from '../lookup.ts';
import { fromCompact, toCompact, type CompactPlan } from '../plan/compact-form.ts';
import type { Task } from '../plan/plan.ts';
import { reviveSprint, toFirstRun } from '../sprint/create-sprint.ts';
import type { SprintDefinition } from '../sprint/definition.ts';
import { toRehearsed } from './rehearsal.ts';
import { heapPush } from '../sprint/heap.ts';
import { MAX_SEARCHES } from '../sprint/ordering.ts';
import { isAtWork, isTaskEnded, type SprintState, type TaskRun } from '../sprint/state.ts';
import type { Sprint } from '../sprint/turn.ts';

/** A sprint as it stands, as far as a simulation of the rest needs it; plain JSON, some bytes per task. */
export interface SprintSnapshot {
  /** The plan's one sprint; texts, inputs and checks are left out. */
  readonly plan: CompactPlan;
  readonly definition: Omit<SprintDefinition, 'sprint' | 'triggers'>;
  readonly state: Omit<SprintState, 'tasks'>;
  /** What differs from a task that has not started, in the order of the plan. */
  readonly runs: readonly Partial<TaskRun>[];
}

/** Open items of people, budgets and reallocations are left out: in a simulation people answer in time, and nobody drops out. */
export function takeSnapshot(source: Sprint): SprintSnapshot {
  const { definition, state } = source;
  const { sprint, triggers, ...rest } = toRehearsed(definition);
  const { tasks, reallocations: ___, pending: _pending, conflicts: _conflicts, ...others } = state;
  const hasTriggers = triggers.length > 0;
  const bare = sprint.tasks.map((task): Task => ({
    ...task,
    title: task.id,
    description: null,
    input: {},
    checks: [],
    deliverables: hasTriggers ? task.deliverables : [],
  }));
  const project = { name: '', description: null, timeline: null };
  const plan = { pact: 1 as const, project, objectives: [], resources: [], sprints: [{ ...sprint, tasks: bare }], triggers };
  return {
    plan: toCompact(plan),
    definition: { ...rest, checks: [] },
    state: {
      ...others,
      isRehearsal: true,
      agents: state.agents.map(({ isOverBudget: _isOver, ...agent }) => ({ ...agent, last: null })),
      ready: withParked(source),
      budgets: null,
      inbox: {},
      alerts: [],
      decisions: [],
    },
    runs: tasks.map((run, task) => toDifference(run, elementAt(sprint.tasks, task), hasTriggers)),
  };
}

/** The heaps of ready tasks with those that budgets and reallocations keep waiting. */
function withParked({ index, state, isBefore }: Sprint): SprintState['ready'] {
  const held = Object.values(state.reallocations ?? {}).flatMap(({ task }) => (state.tasks[task]?.moves?.isHeld ? [task] : []));
  const parked = [...(state.budgets?.parked ?? []), ...held];
  if (parked.length === 0) return state.ready;
  const ready = state.ready.map((heap) => [...heap]);
  for (const task of parked) {
    if (state.tasks[task]?.state === 'waiting') heapPush(elementAt(ready, elementAt(index.classOf, task)), task, isBefore);
  }
  return ready;
}

function toDifference(run: TaskRun, { priority }: Task, hasTriggers: boolean): Partial<TaskRun> {
  const deliverables = hasTriggers && run.deliverables.length > 0 ? { deliverables: run.deliverables } : {};
  if (isTaskEnded(run.state)) return { state: run.state, attempt: run.attempt, ...deliverables };
  const first: Readonly<Record<string, unknown>> = { ...toFirstRun(priority, run.waitsFor), waitsFor: null };
  const status = isAtWork(run.state) ? { status: run.status } : {};
  const differing = Object.entries(run).filter(([name, value]) => !LEFT_OUT.has(name) && value !== first[name]);
  return { ...Object.fromEntries(differing), ...status };
}

const LEFT_OUT: ReadonlySet<string> = new Set<keyof TaskRun>([
  'summary',
  'deliverables',
  'feedback',
  'answers',
  'reason',
  'status',
  'withdrawn',
  'blockedUntil',
  'moves',
]);

/** Sprints as the snapshot shows them, each new and on its own; they never ask for another order themselves. */
export function createRevival({ plan, definition, state, runs }: SprintSnapshot): () => Sprint {
  const { sprints, triggers } = fromCompact(plan);
  const sprint = elementAt(sprints, 0);
  const whole = { ...definition, sprint, triggers };
  const tasks = runs.map((run, task) => ({ ...toFirstRun(elementAt(sprint.tasks, task).priority, 0), ...run }));
  const text = JSON.stringify({ ...state, tasks, ordering: { ...state.ordering, asked: MAX_SEARCHES } });
  const { index } = reviveSprint(whole, JSON.parse(text) as SprintState);
  return () => reviveSprint(whole, JSON.parse(text) as SprintState, index);
}
