import { elementAt, entryOf } from '../lookup.ts';
import { findCriticalPath } from '../plan/critical-path.ts';
import type { ResolvedPlan } from '../prepared.ts';
import { toSprintDefinition } from '../sprint/definition.ts';
import { describeOrder, LONGEST_PATH, type TaskOrder } from '../sprint/task-order.ts';
import { findOrder, ordersWithin } from './order-search.ts';
import { criticalChain, playSprint, runThrough, type SprintPlay } from './play-sprint.ts';
import { createRehearsal, toSprint, type Rehearsal } from './rehearsal.ts';
import { createSampler, isCertain, toSamplers, type Sampler, type Uncertainty } from './sampler.ts';

export interface SimulationOptions extends Uncertainty {
  /** Replications; with nothing uncertain one is enough. */
  readonly runs: number;
  readonly seed: number;
  /** Unix ms, for triggers with a date. */
  readonly startAt: number;
}

/** What a plan would do, by playing it. Times in ms from its start. */
export interface PlanSimulation {
  readonly makespanMs: { readonly p50: number; readonly p90: number };
  /** No order of the tasks ends sooner if the estimates are right. */
  readonly lowerBoundMs: number;
  /** Ids of the tasks as they start when everything takes as long as estimated. */
  readonly order: readonly string[];
  /** The longest path of dependencies, by the estimates. */
  readonly criticalPath: readonly string[];
  readonly agents: readonly AgentLoad[];
  readonly sprints: readonly SimulatedSprint[];
  /** How often each task was in the chain that the end waited for; the most frequent first. */
  readonly criticality: readonly { readonly task: string; readonly share: number }[];
  /** Share of the replications in which all sprints completed. */
  readonly completedShare: number;
  readonly runs: number;
  readonly seed: number;
  readonly spread: number;
  readonly failureRate: number;
}

export interface AgentLoad {
  readonly agent_id: string;
  /** Time at work ÷ time of all its slots over the whole plan, 0–1, mean of the replications. */
  readonly utilization: number;
  /** How much sooner the plan would end with one more slot; null: not tried, the plan is too large. */
  readonly oneMoreSlotSavesMs: number | null;
}

export interface SimulatedSprint {
  readonly id: string;
  /** With everything as estimated. */
  readonly startMs: number;
  readonly endMs: number;
  /** The order of ready tasks that did best. */
  readonly order: TaskOrder & { readonly text: string };
  /** How long the sprint takes with the longest path first instead. */
  readonly longestPathMs: number;
}

interface Stage {
  readonly id: string;
  readonly after: readonly string[];
  readonly rehearsal: Rehearsal;
  order: TaskOrder;
}

/** One replication of the whole plan; a sprint after one that did not complete is left out. */
interface PlanPlay {
  readonly makespanMs: number;
  readonly plays: ReadonlyMap<string, { readonly startMs: number; readonly play: SprintPlay }>;
  readonly isCompleted: boolean;
}

/** Simulated tasks that the question for one more slot of each agent may cost. */
const WHAT_IF_BUDGET = 300_000;

/** Plays a resolved plan as its execution would run it: sprints by their order, each with the best order of tasks that a search finds. */
export function simulatePlan(resolved: ResolvedPlan, options: SimulationOptions): PlanSimulation {
  const { runs, seed, spread, failureRate, startAt } = options;
  const stages = toStages(resolved);
  const exact = samplersOf(stages, { spread: 0, failureRate: 0 }, seed, 0);
  const longestPath = playPlan(stages, exact, startAt);
  for (const stage of stages) stage.order = chooseOrder(stage, options);
  const asEstimated = playPlan(stages, exact, startAt);
  const replications = isCertain(options)
    ? [asEstimated]
    : Array.from({ length: runs }, (_, run) => playPlan(stages, samplersOf(stages, options, seed, run), startAt));
  const makespans = replications.map(({ makespanMs }) => makespanMs).toSorted((a, b) => a - b);
  return {
    makespanMs: { p50: percentile(makespans, 0.5), p90: percentile(makespans, 0.9) },
    lowerBoundMs: boundOf(stages),
    order: startOrder(stages, asEstimated),
    criticalPath: findCriticalPath(resolved.plan, resolved.order).path,
    agents: resolved.agents.map(({ id, capacity }) => ({
      agent_id: id,
      utilization: meanOf(replications.map((play) => utilizationOf(stages, play, id, capacity))),
      oneMoreSlotSavesMs: savingOf(resolved, stages, asEstimated, exact, { id, startAt }),
    })),
    sprints: stages.flatMap((stage) => toSimulatedSprint(stage, asEstimated, longestPath)),
    criticality: countCriticality(stages, replications),
    completedShare: meanOf(replications.map(({ isCompleted }) => Number(isCompleted))),
    runs: replications.length,
    seed,
    spread,
    failureRate,
  };
}

/** Sprints after those that they wait for. */
function toStages(resolved: ResolvedPlan): Stage[] {
  const open = resolved.plan.sprints.map(({ id, tasks }) => ({
    id,
    tasks,
    after: resolved.order.filter((edge) => edge.after === id).map((edge) => edge.before),
  }));
  const stages: Stage[] = [];
  const done = new Set<string>();
  // Ends: the order of sprints has no cycle.
  while (open.length > 0) {
    const [next] = open.splice(
      open.findIndex(({ after }) => after.every((id) => done.has(id))),
      1,
    ) as [(typeof open)[number]];
    // Triggers may look at what earlier sprints have delivered.
    const delivered = resolved.plan.sprints
      .filter(({ id }) => done.has(id))
      .flatMap(({ tasks }) => tasks.map((task) => ({ task: task.id, deliverables: task.deliverables.map(toDelivered) })));
    const definition = toSprintDefinition(resolved, { executionId: 'simulation', ownerId: '', sprintId: next.id, delivered });
    stages.push({ id: next.id, after: next.after, rehearsal: createRehearsal(definition), order: LONGEST_PATH });
    done.add(next.id);
  }
  return stages;
}

const toDelivered = (spec: { readonly id: string; readonly path: string }) => ({
  ...spec,
  uri: 'simulated:',
  sha256: '',
  size: 0,
});

type Samplers = ReadonlyMap<string, Sampler>;

const samplersOf = (stages: readonly Stage[], uncertainty: Uncertainty, seed: number, replication: number): Samplers =>
  new Map(stages.map(({ id }, stage) => [id, createSampler(uncertainty, { seed: seed + 7919 * stage, replication })]));

function chooseOrder({ rehearsal }: Stage, { seed, startAt, ...uncertainty }: SimulationOptions): TaskOrder {
  // Other fates than those of the replications: an order must not be praised for what it was chosen by.
  const samplers = toSamplers(uncertainty, seed + 1_000_003);
  const maxOrders = Math.max(1, ordersWithin(rehearsal.index.tasks.length, samplers.length));
  const search = { current: LONGEST_PATH, maxOrders, boundMs: rehearsal.boundMs, seed };
  return runThrough(findOrder((order) => toSprint(rehearsal, order, startAt), samplers, search)).order;
}

/** @param extraOf An agent with one more slot in every sprint. */
function playPlan(stages: readonly Stage[], samplers: Samplers, startAt: number, extraOf: string | null = null): PlanPlay {
  const plays = new Map<string, { startMs: number; play: SprintPlay }>();
  let isCompleted = true;
  let makespanMs = 0;
  for (const { id, after, rehearsal, order } of stages) {
    const before = after.flatMap((earlier) => plays.get(earlier) ?? []);
    if (before.length < after.length || before.some(({ play }) => play.phase !== 'completed')) {
      isCompleted = false;
      continue;
    }
    const startMs = before.reduce((latest, earlier) => Math.max(latest, earlier.startMs + earlier.play.makespanMs), 0);
    const sprint = toSprint(rehearsal, order, startAt + startMs);
    const extra = extraOf === null ? undefined : rehearsal.index.agentNumber.get(extraOf);
    if (extra !== undefined) elementAt(sprint.state.agents, extra).capacity += 1;
    const play = runThrough(playSprint(sprint, entryOf(samplers, id)));
    plays.set(id, { startMs, play });
    if (play.phase !== 'completed') isCompleted = false;
    makespanMs = Math.max(makespanMs, startMs + play.makespanMs);
  }
  return { makespanMs, plays, isCompleted };
}

/** Sprints are barriers: the longest chain of their bounds. */
function boundOf(stages: readonly Stage[]): number {
  const ends = new Map<string, number>();
  for (const { id, after, rehearsal } of stages) {
    ends.set(id, after.reduce((latest, earlier) => Math.max(latest, entryOf(ends, earlier)), 0) + rehearsal.boundMs);
  }
  return Math.max(0, ...ends.values());
}

function startOrder(stages: readonly Stage[], { plays }: PlanPlay): string[] {
  const inOrder = [...plays].toSorted(([, a], [, b]) => a.startMs - b.startMs);
  return inOrder.flatMap(([id, { play }]) => {
    const { index } = rehearsalOf(stages, id);
    return play.started.map((task) => elementAt(index.tasks, task).id);
  });
}

const rehearsalOf = (stages: readonly Stage[], id: string): Rehearsal =>
  (stages.find((stage) => stage.id === id) as Stage).rehearsal;

function utilizationOf(stages: readonly Stage[], { plays, makespanMs }: PlanPlay, agentId: string, capacity: number): number {
  let busyMs = 0;
  for (const [id, { play }] of plays) {
    const agent = rehearsalOf(stages, id).index.agentNumber.get(agentId);
    if (agent !== undefined) busyMs += elementAt(play.busyMs, agent);
  }
  return makespanMs === 0 ? 0 : busyMs / (capacity * makespanMs);
}

function savingOf(
  { agents }: ResolvedPlan,
  stages: readonly Stage[],
  { makespanMs }: PlanPlay,
  exact: Samplers,
  { id, startAt }: { readonly id: string; readonly startAt: number },
): number | null {
  const tasks = stages.reduce((sum, { rehearsal }) => sum + rehearsal.index.tasks.length, 0);
  if (tasks * agents.length > WHAT_IF_BUDGET) return null;
  return Math.max(0, makespanMs - playPlan(stages, exact, startAt, id).makespanMs);
}

function toSimulatedSprint({ id, order }: Stage, asEstimated: PlanPlay, longestPath: PlanPlay): SimulatedSprint[] {
  const played = asEstimated.plays.get(id);
  if (played === undefined) return [];
  const { startMs, play } = played;
  return [
    {
      id,
      startMs,
      endMs: startMs + play.makespanMs,
      order: { ...order, text: describeOrder(order) },
      longestPathMs: longestPath.plays.get(id)?.play.makespanMs ?? play.makespanMs,
    },
  ];
}

function countCriticality(stages: readonly Stage[], replications: readonly PlanPlay[]): PlanSimulation['criticality'] {
  const counts = new Map<string, number>();
  for (const { plays } of replications) {
    for (const [id, { play }] of plays) {
      const { index } = rehearsalOf(stages, id);
      for (const task of criticalChain(play)) {
        const taskId = elementAt(index.tasks, task).id;
        counts.set(taskId, (counts.get(taskId) ?? 0) + 1);
      }
    }
  }
  const shares = [...counts].map(([task, count]) => ({ task, share: count / replications.length }));
  return shares.toSorted((a, b) => b.share - a.share || (a.task < b.task ? -1 : 1));
}

/** Of sorted samples the one at rank ⌈p × n⌉ (nearest rank). */
const percentile = (sorted: readonly number[], p: number): number =>
  elementAt(sorted, Math.max(0, Math.ceil(p * sorted.length) - 1));

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
