import { DEFAULT_ESTIMATE_MS, type Condition, type Task } from '../plan/plan.ts';
import type { AgentProfile } from '../roster.ts';
import type { SprintDefinition } from './definition.ts';
import { toLeaseNeeds, type LeaseNeed } from './lease-needs.ts';

/** Everything that follows from the definition alone; rebuilt when a sprint is revived, never part of its state. */
export interface SprintIndex {
  readonly tasks: readonly Task[];
  readonly taskNumber: ReadonlyMap<string, number>;
  readonly agents: readonly AgentProfile[];
  readonly agentNumber: ReadonlyMap<string, number>;
  readonly successors: readonly (readonly number[])[];
  /** Dependencies within the sprint, per task. */
  readonly dependencies: readonly (readonly number[])[];
  /** Longest path of estimates from a task to the end, its own included: slack is end − now − tail. */
  readonly tailMs: readonly number[];
  /** Earliest finish by the estimates alone, from the sprint's start. */
  readonly earliestFinishMs: readonly number[];
  readonly classOf: readonly number[];
  /** Agents (numbers) that can do the tasks of a class. */
  readonly classes: readonly (readonly number[])[];
  readonly classesOfAgent: readonly (readonly number[])[];
  readonly resourceIds: readonly string[];
  readonly resourceCapacity: readonly number[];
  readonly needs: readonly (readonly LeaseNeed[])[];
  readonly checkpointsAfter: readonly (readonly number[])[];
  readonly checkpointsOfAgent: readonly (readonly number[])[];
  readonly triggersOfTask: ReadonlyMap<string, readonly number[]>;
  readonly triggersOfCheckpoint: ReadonlyMap<string, readonly number[]>;
  readonly metricTriggers: readonly number[];
}

export const estimateOf = (task: Task): number => task.estimateMs ?? DEFAULT_ESTIMATE_MS;

export function buildIndex(definition: SprintDefinition): SprintIndex {
  const { sprint, agents } = definition;
  const { tasks, checkpoints } = sprint;
  const taskNumber = new Map(tasks.map(({ id }, number) => [id, number]));
  const agentNumber = new Map(agents.map(({ id }, number) => [id, number]));
  const dependencies = tasks.map((task) => task.dependsOn.flatMap((dependency) => taskNumber.get(dependency.task) ?? []));
  const successors: number[][] = tasks.map(() => []);
  for (const [number, before] of dependencies.entries()) for (const one of before) successors[one]?.push(number);
  const candidates = groupByCandidates(tasks, agents);
  const leases = toLeaseNeeds(tasks, definition.resources);
  return {
    tasks,
    taskNumber,
    agents,
    agentNumber,
    successors,
    dependencies,
    ...measurePaths(tasks, successors, dependencies),
    ...candidates,
    ...leases,
    checkpointsAfter: tasks.map(({ id }) => numbersWhere(checkpoints, (checkpoint) => checkpoint.after.includes(id))),
    checkpointsOfAgent: agents.map(({ id }) => numbersWhere(checkpoints, (checkpoint) => checkpoint.agents.includes(id))),
    ...indexTriggers(definition),
  };
}

const numbersWhere = <T>(items: readonly T[], holds: (item: T) => boolean): number[] =>
  items.flatMap((item, number) => (holds(item) ? [number] : []));

/** Tasks with the same candidates share a class, so that one look at a class answers for all of them. */
function groupByCandidates(tasks: readonly Task[], agents: readonly AgentProfile[]) {
  const classNumber = new Map<string, number>();
  const classes: number[][] = [];
  const classOf = tasks.map((task) => {
    const candidates = numbersWhere(agents, (agent) => isCandidate(task, agent));
    const key = candidates.join();
    const known = classNumber.get(key) ?? classes.push(candidates) - 1;
    classNumber.set(key, known);
    return known;
  });
  const classesOfAgent = agents.map((_agent, number) => numbersWhere(classes, (members) => members.includes(number)));
  return { classOf, classes, classesOfAgent };
}

/** Named by the task, or any agent that has all its skills. */
export function isCandidate(task: Task, agent: AgentProfile): boolean {
  return task.agent === null ? task.skills.every((skill) => agent.skills.includes(skill)) : task.agent === agent.id;
}

/**
 * Forward and backward pass of the critical path method (Kelley & Walker 1959) over estimates.
 * Expects an acyclic graph, which the plan's validation has seen to.
 */
function measurePaths(tasks: readonly Task[], successors: readonly number[][], dependencies: readonly number[][]) {
  const waiting = dependencies.map((before) => before.length);
  const order = waiting.flatMap((count, number) => (count === 0 ? [number] : []));
  const earliestFinishMs = tasks.map(estimateOf);
  for (let next = 0; next < order.length; next += 1) {
    const number = order[next] as number;
    for (const after of successors[number] ?? []) {
      const finish = (earliestFinishMs[number] ?? 0) + estimateOf(tasks[after] as Task);
      earliestFinishMs[after] = Math.max(earliestFinishMs[after] ?? 0, finish);
      waiting[after] = (waiting[after] ?? 0) - 1;
      if (waiting[after] === 0) order.push(after);
    }
  }
  const tailMs = tasks.map(estimateOf);
  for (const number of order.toReversed()) {
    const longest = (successors[number] ?? []).reduce((longestMs, after) => Math.max(longestMs, tailMs[after] ?? 0), 0);
    tailMs[number] = longest + estimateOf(tasks[number] as Task);
  }
  return { earliestFinishMs, tailMs };
}

function indexTriggers(definition: SprintDefinition) {
  const triggersOfTask = new Map<string, number[]>();
  const triggersOfCheckpoint = new Map<string, number[]>();
  const metricTriggers: number[] = [];
  const add = (map: Map<string, number[]>, key: string, trigger: number) => map.set(key, [...(map.get(key) ?? []), trigger]);
  const visit = (condition: Condition, trigger: number): void => {
    if ('all' in condition) for (const part of condition.all) visit(part, trigger);
    else if ('any' in condition) for (const part of condition.any) visit(part, trigger);
    else if ('task' in condition) add(triggersOfTask, condition.task, trigger);
    else if ('deliverable' in condition) add(triggersOfTask, condition.of, trigger);
    else if ('checkpoint' in condition) add(triggersOfCheckpoint, condition.checkpoint, trigger);
    else if ('metric' in condition) metricTriggers.push(trigger);
  };
  for (const [number, trigger] of definition.triggers.entries()) visit(trigger.when, number);
  return { triggersOfTask, triggersOfCheckpoint, metricTriggers };
}
