import { toBudget, type Budget } from '../budget.ts';
import { toMilliseconds } from '../duration.ts';
import { toContingency } from '../emergencies/contingency-schema.ts';
import { toQualityPolicy, toSupervisionPolicy } from '../emergencies/policy-schema.ts';
import { toEscalationPolicy } from '../escalation/policy-form.ts';
import { toMediationPolicy } from '../mediation/policy-schema.ts';
import { toReallocationPolicy } from '../reallocation/policy-schema.ts';
import type { Result } from '../result.ts';
import { toDeclaredPath } from './declared-path.ts';
import type { Condition, JsonObject, Plan, Sprint, Task } from './plan.ts';
import type { WrittenCondition, WrittenPlan, WrittenSprint, WrittenTask } from './plan-schema.ts';
import { candidatesOf, type RosterAgent, type RosterFacts } from './roster-facts.ts';

type Reached = NonNullable<WrittenCondition['reached']>;
type Metric = NonNullable<WrittenCondition['metric']>;

/** Attempts of a task whose plan gives none; a person is asked once. */
export const DEFAULT_ATTEMPTS = 3;

/**
 * A plan as written, checked before, with every default filled in, durations in ms, paths in their one form. Without a roster the
 * agents of a sprint that lists none are those that its tasks, checkpoints and the triggers name.
 */
export function toPlan(written: WrittenPlan, facts: RosterFacts | null): Plan {
  const { project } = written;
  return {
    pact: 1,
    project: {
      name: project.name,
      description: project.description ?? null,
      timeline: project.timeline ? { start: project.timeline.start ?? null, end: project.timeline.end ?? null } : null,
    },
    objectives: (written.objectives ?? []).map(({ id, text }) => ({ id, text })),
    resources: (written.resources ?? []).map(({ id, capacity }) => ({ id, capacity: capacity ?? 1 })),
    sprints: written.sprints.map((sprint, index) => toSprint(sprint, written, index, facts)),
    triggers: (written.triggers ?? []).map(({ agent, when }) => ({ agent, when: toCondition(when) })),
    ...toEscalation(written),
    ...(written.contingencies?.length ? { contingencies: written.contingencies.map(toContingency) } : {}),
    ...withBudget(written),
    ...(written.onCancel === 'compensate' ? { onCancel: 'compensate' } : {}),
    ...toReallocation(written),
    ...(written.mediation ? { mediation: toMediationPolicy(written.mediation) } : {}),
    ...toWatchfulness(written),
  };
}

function toSprint(sprint: WrittenSprint, plan: WrittenPlan, index: number, facts: RosterFacts | null): Sprint {
  const before = plan.sprints.slice(Math.max(0, index - 1), index).map(({ id }) => id);
  const agents =
    sprint.agents === undefined ? (facts?.agents.map(({ id }) => id) ?? namedAgents(sprint, plan)) : (sprint.agents ?? []);
  const team = facts?.agents.filter(({ id }) => agents.includes(id)) ?? [];
  return {
    id: sprint.id,
    title: sprint.title ?? sprint.id,
    dependsOn: sprint.dependsOn === undefined ? before : (sprint.dependsOn ?? []),
    durationMs: toMs(sprint.duration),
    agents,
    tasks: sprint.tasks.map((task) => toTask(task, team)),
    checkpoints: (sprint.checkpoints ?? []).map(({ id, after, agents: named }) => ({ id, after, agents: named })),
    ...toEscalation(sprint),
    ...withBudget(sprint),
    ...toReallocation(sprint),
    ...toWatchfulness(sprint),
  };
}

/** Nothing where there is none: plans without budgets have the hash that they had before there were any. */
function withBudget(written: WrittenPlan | WrittenSprint): { budget?: Budget } {
  const budget = toBudget(written.budget);
  return budget === undefined ? {} : { budget };
}

function namedAgents(sprint: WrittenSprint, plan: WrittenPlan): string[] {
  const ofTasks = sprint.tasks.flatMap(({ agent }) => agent ?? []);
  const ofCheckpoints = (sprint.checkpoints ?? []).flatMap(({ agents }) => agents);
  return [...new Set([...ofTasks, ...ofCheckpoints, ...(plan.triggers ?? []).map(({ agent }) => agent)])].toSorted();
}

function toTask(task: WrittenTask, team: readonly RosterAgent[]): Task {
  const wanted = { agent: task.agent ?? null, skills: task.skills ?? [] };
  const candidates = candidatesOf(wanted, team);
  const isForPeople = candidates.length > 0 && candidates.every(({ kind }) => kind === 'human');
  return {
    id: task.id,
    title: task.title ?? task.id,
    description: task.description ?? null,
    ...wanted,
    dependsOn: (task.dependsOn ?? []).map((on) => ({ task: typeof on === 'string' ? on : on.task, until: 'finished' })),
    deliverables: (task.deliverables ?? []).map(({ id, path }) => ({ id, path: toPath(path) })),
    estimateMs: toMs(task.estimate),
    priority: task.priority ?? 'normal',
    paths: (task.paths ?? []).map(toPath),
    resources: (task.resources ?? []).map((need) =>
      typeof need === 'string' ? { id: need, mode: 'exclusive' } : { id: need.id, mode: need.mode ?? 'exclusive' },
    ),
    ...(task.needs?.length ? { needs: [...new Set(task.needs)] } : {}),
    // The guard before the schema has found nothing in it but JSON.
    input: (task.input ?? {}) as JsonObject,
    checks: task.checks ?? [],
    budget: toTaskBudget(task.budget, isForPeople ? 1 : DEFAULT_ATTEMPTS),
    stallAfterMs: toMs(task.stallAfter),
    ...toEscalation(task),
    ...(task.compensation ? { compensation: { check: task.compensation.check } } : {}),
  };
}

/** Absent where none is written, so that a plan without one is as large as before. */
const toEscalation = ({ escalation }: Pick<WrittenTask, 'escalation'>): Pick<Task, 'escalation'> =>
  escalation ? { escalation: toEscalationPolicy(escalation) } : {};

function toTaskBudget(written: WrittenTask['budget'], defaultAttempts: number): Task['budget'] {
  const { tokens, cost, time, attempts, ask } = written ?? {};
  return {
    timeMs: toMs(time),
    attempts: attempts ?? defaultAttempts,
    ...(typeof tokens === 'number' ? { tokens } : {}),
    ...(typeof cost === 'number' ? { cost } : {}),
    ...(typeof ask === 'boolean' ? { ask } : {}),
  };
}
const toReallocation = ({ reallocation }: Pick<WrittenSprint, 'reallocation'>): Pick<Sprint, 'reallocation'> =>
  reallocation ? { reallocation: toReallocationPolicy(reallocation) } : {};

/** Absent where none is written. */
const toWatchfulness = ({
  quality,
  supervision,
}: Pick<WrittenSprint, 'quality' | 'supervision'>): Pick<Sprint, 'quality' | 'supervision'> => ({
  ...(quality ? { quality: toQualityPolicy(quality) } : {}),
  ...(supervision ? { supervision: toSupervisionPolicy(supervision) } : {}),
});

/** Exactly one form with all that it requires, as the schema has made sure. Times become UTC. */
function toCondition(when: WrittenCondition): Condition {
  if (when.all !== undefined) return { all: when.all.map(toCondition) };
  if (when.any !== undefined) return { any: when.any.map(toCondition) };
  if (when.task !== undefined) return { task: when.task, reached: when.reached as Reached };
  if (when.deliverable !== undefined) return { deliverable: when.deliverable, of: when.of as string };
  if (when.checkpoint !== undefined) return { checkpoint: when.checkpoint };
  if (when.message !== undefined) return { message: when.message, ...(when.from ? { from: when.from } : {}) };
  if (when.after !== undefined) return { afterMs: toMs(when.after) as number };
  if (when.at !== undefined) return { at: new Date(when.at).toISOString() };
  return {
    metric: when.metric as Metric,
    ...(typeof when.above === 'number' ? { above: when.above } : {}),
    ...(typeof when.below === 'number' ? { below: when.below } : {}),
  };
}

function toMs(duration: string | null | undefined): number | null {
  if (duration === null || duration === undefined) return null;
  return toMilliseconds(duration);
}

const toPath = (path: string): string => valueOf(toDeclaredPath(path));

/** Of text that the schema and the rules have accepted. */
const valueOf = <T>(accepted: Result<T>): T => (accepted as { readonly value: T }).value;
