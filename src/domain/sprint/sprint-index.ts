import { elementAt } from '../lookup.ts';
import { topologicalOrder } from '../plan/network.ts';
import { measureTimes } from '../plan/path-times.ts';
import { estimateOf, inForce, type Condition, type Task } from '../plan/plan.ts';
import { ownValue } from '../own-value.ts';
import type { AgentProfile } from '../roster.ts';
import { indexBudgets, type BudgetIndex } from './budget-index.ts';
import type { SprintDefinition } from './definition.ts';
import { messageConditionsIn } from './mail-triggers.ts';
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
  readonly estimateMs: readonly number[];
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
  /** Tasks of one class with the same needs share a lease group: what blocks one of them blocks all. */
  readonly leaseGroupOf: readonly number[];
  readonly leaseGroupCount: number;
  readonly checkpointsAfter: readonly (readonly number[])[];
  readonly checkpointsOfAgent: readonly (readonly number[])[];
  /** Agents of each checkpoint and the tasks that it comes after, by number; those of other sprints are left out. */
  readonly checkpointAgents: readonly (readonly number[])[];
  readonly checkpointTasks: readonly (readonly number[])[];
  /** The trigger's agent by number. */
  readonly triggers: readonly { readonly agent: number; readonly when: Condition }[];
  readonly triggersOfTask: ReadonlyMap<string, readonly number[]>;
  readonly triggersOfCheckpoint: ReadonlyMap<string, readonly number[]>;
  readonly metricTriggers: readonly number[];
  readonly messageTriggers: readonly number[];
  /** null: nothing has a budget. */
  readonly budgets: BudgetIndex | null;
  /** Numbers of the last attempts of rounds that were rolled back, by task, and why they were; null: there were none. */
  readonly earlier: { readonly attempts: readonly number[]; readonly why: string } | null;
}

export function buildIndex(definition: SprintDefinition): SprintIndex {
  const { sprint, agents, earlier } = definition;
  const { checkpoints } = sprint;
  const { tasks, taskNumber, dependencies, successors } = networkOf(sprint.tasks);
  const agentNumber = new Map(agents.map(({ id }, number) => [id, number]));
  const paths = measurePaths(tasks, dependencies);
  const candidates = groupByCandidates(tasks, definition);
  const leases = toLeaseNeeds(tasks, definition.resources);
  const checkpointAgents = checkpoints.map((checkpoint) => checkpoint.agents.flatMap((id) => agentNumber.get(id) ?? []));
  const checkpointTasks = checkpoints.map((checkpoint) => checkpoint.after.flatMap((id) => taskNumber.get(id) ?? []));
  return {
    tasks,
    taskNumber,
    agents,
    agentNumber,
    successors,
    dependencies,
    ...paths,
    ...candidates,
    ...leases,
    ...groupByLeases(candidates.classOf, leases.needs),
    checkpointsAfter: invert(checkpointTasks, tasks.length),
    checkpointsOfAgent: invert(checkpointAgents, agents.length),
    checkpointAgents,
    checkpointTasks,
    ...indexTriggers(definition, agentNumber),
    budgets: indexBudgets(definition),
    earlier: earlier ? { attempts: tasks.map(({ id }) => ownValue(earlier.attempts, id) ?? 0), why: earlier.why } : null,
  };
}

/** Tasks as they are in force, and what waits for what by number. */
export function networkOf(planned: readonly Task[]) {
  const tasks = planned.map(inForce);
  const taskNumber = new Map(tasks.map(({ id }, number) => [id, number]));
  const dependencies = tasks.map((task) => task.dependsOn.flatMap((dependency) => taskNumber.get(dependency.task) ?? []));
  return { tasks, taskNumber, dependencies, successors: invert(dependencies, tasks.length) };
}

/** From the targets of each source to the sources of each target. */
function invert(targets: readonly (readonly number[])[], size: number): number[][] {
  const sources = Array.from({ length: size }, (): number[] => []);
  for (const [source, ofSource] of targets.entries()) for (const target of ofSource) (sources[target] as number[]).push(source);
  return sources;
}

/** Numbers equal keys alike, in the order of their first appearance. */
function createNumbering() {
  const numbers = new Map<string, number>();
  const numberOf = (key: string): number => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  return { numberOf, count: () => numbers.size };
}

/** Tasks with the same candidates share a class, so that one look at a class answers for all of them. */
export function groupByCandidates(tasks: readonly Task[], { agents, sprint }: Pick<SprintDefinition, 'agents' | 'sprint'>) {
  const team = new Set(sprint.agents);
  const candidatesByWish = new Map<string, readonly number[]>();
  const numbering = createNumbering();
  const classes: (readonly number[])[] = [];
  const classOf = tasks.map((task) => {
    // No id begins like a list.
    const wish = task.agent ?? JSON.stringify(task.skills);
    const known = candidatesByWish.get(wish);
    const candidates =
      known ?? agents.flatMap((agent, number) => (isCandidate(task, agent) && team.has(agent.id) ? [number] : []));
    if (!known) candidatesByWish.set(wish, candidates);
    const group = numbering.numberOf(candidates.join());
    classes[group] = candidates;
    return group;
  });
  return { classOf, classes, classesOfAgent: invert(classes, agents.length) };
}

/** Named by the task, or any agent that has all its skills. */
export function isCandidate(task: Task, agent: AgentProfile): boolean {
  return task.agent === null ? task.skills.every((skill) => agent.skills.includes(skill)) : task.agent === agent.id;
}

function groupByLeases(classOf: readonly number[], needs: readonly (readonly LeaseNeed[])[]) {
  const numbering = createNumbering();
  const leaseGroupOf = needs.map((task, number) =>
    numbering.numberOf(`${classOf[number]}:${task.map(({ resource, mode }) => resource + mode).join()}`),
  );
  return { leaseGroupOf, leaseGroupCount: numbering.count() };
}

/** Times of the critical path method by the estimates (ms). Expects an acyclic graph, which the plan's validation has seen to. */
export function measurePaths(tasks: readonly Task[], dependencies: readonly (readonly number[])[]) {
  const estimateMs = tasks.map(estimateOf);
  const { startMs, tailMs } = measureTimes(topologicalOrder(dependencies), dependencies, estimateMs);
  return { estimateMs, earliestFinishMs: startMs.map((ms, task) => ms + elementAt(estimateMs, task)), tailMs };
}

function indexTriggers({ triggers: declared }: SprintDefinition, agentNumber: ReadonlyMap<string, number>) {
  const triggers = declared.flatMap(({ agent: id, when }) => {
    const agent = agentNumber.get(id);
    return agent === undefined ? [] : [{ agent, when }];
  });
  const triggersOfTask = new Map<string, number[]>();
  const triggersOfCheckpoint = new Map<string, number[]>();
  const metricTriggers: number[] = [];
  const messageTriggers: number[] = [];
  const add = (map: Map<string, number[]>, key: string, trigger: number) => map.set(key, [...(map.get(key) ?? []), trigger]);
  const visit = (condition: Condition, trigger: number): void => {
    if ('all' in condition) for (const part of condition.all) visit(part, trigger);
    else if ('any' in condition) for (const part of condition.any) visit(part, trigger);
    else if ('task' in condition) add(triggersOfTask, condition.task, trigger);
    else if ('deliverable' in condition) add(triggersOfTask, condition.of, trigger);
    else if ('checkpoint' in condition) add(triggersOfCheckpoint, condition.checkpoint, trigger);
    else if ('metric' in condition) metricTriggers.push(trigger);
  };
  for (const [number, { when }] of triggers.entries()) {
    visit(when, number);
    if (messageConditionsIn(when).length > 0) messageTriggers.push(number);
  }
  return { triggers, triggersOfTask, triggersOfCheckpoint, metricTriggers, messageTriggers };
}
