import { clip } from '../../clip.ts';
import type { Json, Plan, Sprint, Task } from '../../plan/plan.ts';

/** One thing that two revisions of a plan differ in. */
export interface PlanDifference {
  readonly kind: 'taskAdded' | 'taskCancelled' | 'taskChanged' | 'sprintChanged' | 'agentAdded' | 'agentRemoved';
  readonly sprint: string;
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
export function differencesOf(before: Plan, after: Plan): PlanDifference[] {
  return after.sprints.flatMap((sprint, index) => {
    const old = before.sprints[index] as Sprint;
    return sprint === old
      ? []
      : [...teamDifferences(old, sprint), ...sprintDifferences(old, sprint), ...taskDifferences(old, sprint)];
  });
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
    const [before, after] = [(old[field] ?? null) as unknown as Json, (sprint[field] ?? null) as unknown as Json];
    if (isSame(before, after)) return [];
    const text = `sprint ${sprint.id}: ${field} ${inWords(before)} → ${inWords(after)}`;
    return [{ kind: 'sprintChanged', sprint: sprint.id, field, before, after, text }];
  });

function taskDifferences(old: Sprint, sprint: Sprint): PlanDifference[] {
  return sprint.tasks.flatMap((task, place): PlanDifference[] => {
    const known = old.tasks[place];
    const at = { sprint: sprint.id, task: task.id };
    if (task === known) return [];
    if (known === undefined)
      return [{ kind: 'taskAdded', ...at, after: task as unknown as Json, text: `+ task ${task.id}: ${task.title}` }];
    if (task.cancelled && !known.cancelled) return [{ kind: 'taskCancelled', ...at, text: `− task ${task.id}: ${task.title}` }];
    return fieldsOf(known, task).map((field): PlanDifference => {
      const [before, after] = [valueOf(known, field), valueOf(task, field)];
      return {
        kind: 'taskChanged',
        ...at,
        field,
        before,
        after,
        text: `task ${task.id}: ${field} ${inWords(before)} → ${inWords(after)}`,
      };
    });
  });
}

const fieldsOf = (before: Task, after: Task): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (field) => !isSame(valueOf(before, field), valueOf(after, field)),
  );

const valueOf = (task: Task, field: string): Json =>
  (task as unknown as Readonly<Record<string, Json | undefined>>)[field] ?? null;

const isSame = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);

const MAX_VALUE = 120;
const inWords = (value: Json): string => clip(JSON.stringify(value), MAX_VALUE);
