import { PRIORITY_RANK, type JsonObject, type Priority, type Task } from '../plan/plan.ts';
import type { AgentProfile } from '../roster.ts';
import type { AlertView } from '../views.ts';
import { ownValue } from '../own-value.ts';
import { raiseAlert } from '../alerts.ts';
import { startAlertClock, stopAlertClock } from './alert-clocks.ts';
import { clip } from '../clip.ts';
import { toIso } from '../iso-time.ts';
import type { AgentPhrases } from './agent-phrases.ts';
import { addClass, type ClassSet } from './class-set.ts';
import type { SprintDefinition } from './definition.ts';
import type { SprintEffect } from './events.ts';
import type { SprintIndex } from './sprint-index.ts';
import type { AgentRun, ResourceRun, SprintState, TaskRun } from './state.ts';

/** A sprint in memory: what it is to do, what follows from that, and how far it is. Only `state` is carried on. */
export interface Sprint {
  /** An amendment puts another definition and index in the place of these two. */
  definition: SprintDefinition;
  index: SprintIndex;
  readonly state: SprintState;
  /** Place of each task among those of its priority, by the order in force. */
  readonly rank: number[];
  /** Place of each task by its priority of now (see `placeOf`): what heaps compare, apart from the state for the sake of speed. */
  readonly places: number[];
  readonly isBefore: (a: number, b: number) => boolean;
  /** By agent. */
  readonly phrases: AgentPhrases[];
  /** Classes of tasks whose chances may have changed in this turn; empty between turns. */
  readonly touched: ClassSet;
}

/** One call of `evolve`: the sprint and the effects so far. */
export interface Turn extends Sprint {
  /** The sprint itself, whose fields this turn has. */
  readonly sprint: Sprint;
  /** `state.now` in ISO 8601. */
  readonly at: string;
  readonly effects: SprintEffect[];
  /** Whether the parent is to hear of this at once or with the next routine report; null: nothing worth telling. */
  news: 'urgent' | 'routine' | null;
}

export const taskRun = ({ state }: Sprint, task: number): TaskRun => state.tasks[task] as TaskRun;
export const taskSpec = ({ index }: Sprint, task: number): Task => index.tasks[task] as Task;
/** The task as it will be from its next attempt on: an amendment of one at work waits for that. */
export function nextSpec(sprint: Sprint, task: number): Task {
  const spec = taskSpec(sprint, task);
  const { pending } = sprint.state;
  return (pending && ownValue(pending, spec.id)) ?? spec;
}
/** As `nextSpec`, without what contingencies in force put in the place of what the plan says. */
export function plannedSpec({ definition, state }: Sprint, task: number): Task {
  const spec = definition.sprint.tasks[task] as Task;
  return (state.pending && ownValue(state.pending, spec.id)) ?? spec;
}
export const agentRun = ({ state }: Sprint, agent: number): AgentRun => state.agents[agent] as AgentRun;
export const agentProfile = ({ index }: Sprint, agent: number): AgentProfile => index.agents[agent] as AgentProfile;
export const resourceRun = ({ state }: Sprint, resource: number): ResourceRun => state.resources[resource] as ResourceRun;

/** Whoever has the task's current or last attempt. */
export const agentOfTask = (sprint: Sprint, task: number): AgentProfile =>
  agentProfile(sprint, taskRun(sprint, task).agent as number);

const MAX_DECISIONS_KEPT = 200;
const MAX_TEXT_KEPT = 500;

/**
 * Logs a decision: kept for the query `decisions`, written to the ledger by the shell.
 * @param evidence Data for the ledger instead, because it may be long: nothing that is kept grows with what agents say.
 */
export function decide(turn: Turn, event: string, text: string, data: JsonObject = {}, evidence: JsonObject = data): void {
  const { decisions, now } = turn.state;
  decisions.push({ at: turn.at, event, text: clip(text, MAX_TEXT_KEPT), data });
  if (decisions.length > 2 * MAX_DECISIONS_KEPT) decisions.splice(0, decisions.length - MAX_DECISIONS_KEPT);
  turn.effects.push({ type: 'journal', at: now, event, text, data: evidence });
  turn.news ??= 'routine';
}

/**
 * Opens an alert, or counts one that is open already.
 * @param task Id of the task that it is about, whose chain it goes to if nobody takes notice.
 * @param via Channels that are told of it instead of those of `notify`.
 */
export function alert(
  turn: Turn,
  kind: AlertView['kind'],
  id: string,
  text: string,
  task: string | null = null,
  via: readonly string[] = [],
): void {
  const { state } = turn;
  if (!state.alerts.some((open) => open.id === id)) startAlertClock(turn, kind, id, task);
  state.alerts = raiseAlert(state.alerts, { kind, id, text, since: turn.at, ...(via.length === 0 ? {} : { via }) });
  turn.news = 'urgent';
}

export function resolveAlert(turn: Turn, id: string): void {
  const { state } = turn;
  state.alerts = state.alerts.filter((open) => open.id !== id);
  stopAlertClock(state, id);
}

/** Looks again at the tasks that the agent can do. */
export function touchClassesOf(turn: Turn, agent: number): void {
  for (const group of turn.index.classesOfAgent[agent] as readonly number[]) addClass(turn.touched, group);
}

export function touchAll(turn: Turn): void {
  for (let group = 0; group < turn.state.ready.length; group += 1) addClass(turn.touched, group);
}

export { toIso };

/** Place of a task in the total order of ready tasks: priority, then the order in force (see `task-order.ts`). */
export const placeOf = ({ index, rank }: Pick<Sprint, 'index' | 'rank'>, task: number, priority: Priority): number =>
  PRIORITY_RANK[priority] * index.tasks.length + (rank[task] as number);
