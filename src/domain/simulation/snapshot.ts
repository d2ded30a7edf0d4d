import { elementAt } from '../lookup.ts';
import { fromCompact, toCompact, type CompactPlan } from '../plan/compact-form.ts';
import { ownValue } from '../own-value.ts';
import type { Task } from '../plan/plan.ts';
import { reviveSprint, toFirstRun } from '../sprint/create-sprint.ts';
import type { SprintDefinition } from '../sprint/definition.ts';
import { createTurn } from '../sprint/evolve.ts';
import { toRehearsed } from './rehearsal.ts';
import { MAX_SEARCHES } from '../sprint/ordering.ts';
import { requeue } from '../sprint/regrowth.ts';
import { isAtWork, isTaskEnded, type AgentRun, type SprintState, type TaskRun } from '../sprint/state.ts';
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

/**
 * The sprint as a simulation is to see it: nobody knows when what is wrong around the work ends, so that it ends at once. Left out are open
 * items of people, budgets and reallocations: people answer in time, and nobody drops out. Besides
 * - a resource that has failed, an open or half-open circuit: it works again; tasks that wait for it are ready for their turn;
 * - a crisis of quality: it is over, since nothing fails;
 * - a pause, a stop, and tasks that wait for a revision of the plan: they go on;
 * - contingencies in force: they stay for good. Whoever stands in does the work, and what they have skipped stays so; what they hold back goes on;
 * - agents at rest: away until the time that has been said. Without one they stay away, unless nobody else could do the work.
 */
export function takeSnapshot(source: Sprint): SprintSnapshot {
  const { definition, state } = source;
  const { sprint, triggers, contingencies: _contingencies, ...rest } = toRehearsed(definition);
  const { tasks, proposals = {} } = state;
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
    state: toCalmState(source),
    runs: tasks.map((run, number) => {
      const task = elementAt(sprint.tasks, number);
      return toDifference(ownValue(proposals, task.id) ? { ...run, isEscalated: false } : run, task, hasTriggers);
    }),
  };
}

/** Queues are left out: they follow from the tasks. */
function toCalmState(source: Sprint): SprintSnapshot['state'] {
  const {
    tasks: _tasks,
    reallocations: _reallocations,
    pending: _pending,
    conflicts: _conflicts,
    emergencies: _emergencies,
    hold: _hold,
    proposals: _proposals,
    ...state
  } = source.state;
  const isEnding = state.cancelling || state.rollback !== null;
  return {
    ...state,
    ...(isEnding ? {} : { phase: 'running', drain: null }),
    isRehearsal: true,
    agents: toAgentsAtHand(source),
    resources: state.resources.map(({ limit: _limit, ...run }) => ({ ...run, parked: [] })),
    ready: [],
    leaseQueues: [],
    budgets: null,
    inbox: {},
    alerts: [],
    decisions: [],
  };
}

/** Those who are away without a word of when they come back are there again where nobody else could do what is left. */
function toAgentsAtHand({ index, state }: Sprint): AgentRun[] {
  const isExpected = ({ available, availableAt, capacity }: AgentRun): boolean =>
    capacity > 0 && (available || availableAt !== null);
  const left = new Set(index.classOf.filter((_, task) => !isTaskEnded((state.tasks[task] as TaskRun).state)));
  const indispensable = new Set(
    [...left].flatMap((group) => {
      const team = elementAt(index.classes, group);
      return team.some((agent) => isExpected(elementAt(state.agents, agent))) ? [] : team;
    }),
  );
  return state.agents.map(({ isOverBudget: _isOver, ...run }, number) => {
    const agent = { ...run, last: null };
    if (!indispensable.has(number)) return agent;
    return { ...agent, available: true, availableAt: null, capacity: run.capacity || elementAt(index.agents, number).capacity };
  });
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
  'isHeld',
]);

/** Sprints as the snapshot shows them, each new and on its own, about to go on; they never ask for another order themselves. */
export function createRevival({ plan, definition, state, runs }: SprintSnapshot): () => Sprint {
  const { sprints, triggers } = fromCompact(plan);
  const sprint = elementAt(sprints, 0);
  const whole = { ...definition, sprint, triggers };
  const tasks = runs.map((run, task) => ({ ...toFirstRun(elementAt(sprint.tasks, task).priority, 0), ...run }));
  const text = JSON.stringify({ ...state, tasks, ordering: { ...state.ordering, asked: MAX_SEARCHES } });
  const { index } = reviveSprint(whole, JSON.parse(text) as SprintState);
  return () => {
    const revived = reviveSprint(whole, JSON.parse(text) as SprintState, index);
    requeue(createTurn(revived));
    return revived;
  };
}
