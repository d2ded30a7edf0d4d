import { clip } from '../../clip.ts';
import type { Json, Sprint, Task } from '../../plan/plan.ts';
import type { ResolvedPlan } from '../../prepared.ts';

/** One thing that two revisions of a plan differ in. */
export interface PlanDifference {
  readonly kind:
    | 'taskAdded'
    | 'taskCancelled'
    | 'taskChanged'
    | 'sprintChanged'
    | 'planChanged'
    | 'agentChanged'
    | 'agentAdded'
    | 'agentRemoved';
  /** Absent of what is about the whole plan, or an agent wherever it works. */
  readonly sprint?: string;
  readonly task?: string;
  readonly agent_id?: string;
  /** Of what has changed: its name as in the normalised plan, and its values. */
  readonly field?: string;
  readonly before?: Json;
  readonly after?: Json;
  /** The same in words. */
  readonly text: string;
}

/** What has changed from one revision to the next, in the order of the plan. What is the same object in both is not looked at. */
export function differencesOf(before: ResolvedPlan, after: ResolvedPlan): PlanDifference[] {
  const ofSprints = after.plan.sprints.flatMap((sprint, index) => {
    const old = before.plan.sprints[index] as Sprint;
    return sprint === old
      ? []
      : [...teamDifferences(old, sprint), ...sprintDifferences(old, sprint), ...taskDifferences(old, sprint)];
  });
  return [...budgetDifferences(before, after), ...ofSprints];
}

/** Of the whole plan, and of agents that are in both revisions. */
function budgetDifferences(before: ResolvedPlan, after: ResolvedPlan): PlanDifference[] {
  const ofPlan = differenceIn('budget', before.plan.budget, after.plan.budget, 'plan');
  const ofAgents = after.agents.flatMap(({ id, budget }): PlanDifference[] => {
    const known = before.agents.find((agent) => agent.id === id);
    const one = known ? differenceIn('budget', known.budget, budget, `agent ${id}`) : null;
    return one ? [{ kind: 'agentChanged', agent_id: id, ...one }] : [];
  });
  return [...(ofPlan ? [{ kind: 'planChanged' as const, ...ofPlan }] : []), ...ofAgents];
}

/** A field of something in both revisions; null when it is the same. */
function differenceIn(field: string, old: unknown, now: unknown, of: string) {
  const [before, after] = [(old ?? null) as Json, (now ?? null) as Json];
  return isSame(before, after) ? null : { field, before, after, text: `${of}: ${field} ${inWords(before)} → ${inWords(after)}` };
}

function teamDifferences(old: Sprint, { id, agents }: Sprint): PlanDifference[] {
  const added = agents.filter((agent) => !old.agents.includes(agent));
  const removed = old.agents.filter((agent) => !agents.includes(agent));
  return [
    ...added.map((agent_id) => ({
      kind: 'agentAdded' as const,
      sprint: id,
      agent_id,
      text: `sprint ${id}: + agent ${agent_id}`,
    })),
    ...removed.map((agent_id) => ({
      kind: 'agentRemoved' as const,
      sprint: id,
      agent_id,
      text: `sprint ${id}: − agent ${agent_id}`,
    })),
  ];
}

const sprintDifferences = (old: Sprint, sprint: Sprint): PlanDifference[] =>
  (['durationMs', 'checkpoints', 'budget'] as const).flatMap((field): PlanDifference[] => {
    const one = differenceIn(field, old[field], sprint[field], `sprint ${sprint.id}`);
    return one ? [{ kind: 'sprintChanged', sprint: sprint.id, ...one }] : [];
  });

function taskDifferences(old: Sprint, sprint: Sprint): PlanDifference[] {
  return sprint.tasks.flatMap((task, place): PlanDifference[] => {
    const known = old.tasks[place];
    const at = { sprint: sprint.id, task: task.id };
    if (task === known) return [];
    if (known === undefined)
      return [{ kind: 'taskAdded', ...at, after: task as unknown as Json, text: `+ task ${task.id}: ${task.title}` }];
    if (task.cancelled && !known.cancelled) return [{ kind: 'taskCancelled', ...at, text: `− task ${task.id}: ${task.title}` }];
    const fields = new Set([...Object.keys(known), ...Object.keys(task)]);
    return [...fields].flatMap((field): PlanDifference[] => {
      const one = differenceIn(field, valueOf(known, field), valueOf(task, field), `task ${task.id}`);
      return one ? [{ kind: 'taskChanged', ...at, ...one }] : [];
    });
  });
}

const valueOf = (task: Task, field: string): Json =>
  (task as unknown as Readonly<Record<string, Json | undefined>>)[field] ?? null;

const isSame = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);

const MAX_VALUE = 120;
const inWords = (value: Json): string => clip(JSON.stringify(value), MAX_VALUE);
