import { clip } from '../clip.ts';
import { takeWithin } from '../json-size.ts';
import type { AgentAvailability, ReassignTask, Respond, SetPriority, statusReportSchema } from '../messages.ts';
import type { Prepared, ResolvedPlan } from '../prepared.ts';
import type { AgentProfile } from '../roster.ts';
import { ownValue } from '../own-value.ts';
import type { z } from 'zod';
import type { EarlierMessage } from './events.ts';
import { TOP_UP } from '../sprint/budget-questions.ts';
import { findItem, ownersOf } from './inbox.ts';
import { sprintOfTask, tasksOf } from './standings.ts';
import type { ExecutionState } from './state.ts';
import { decide, type ExecutionTurn } from './turn.ts';

/** What an outside agent says of itself, as it came and fits. */
export type OutsideReport = z.infer<typeof statusReportSchema>;

/** To every sprint at work. */
export function forwardToAll(turn: ExecutionTurn, name: string, payload: unknown): void {
  forward(turn, name, payload, startedSprints(turn.state));
}

export function forward({ effects }: ExecutionTurn, name: string, payload: unknown, sprintIds: readonly string[]): void {
  if (sprintIds.length > 0) effects.push({ type: 'forward', name, payload, sprintIds });
}

const startedSprints = (state: ExecutionState): string[] =>
  state.sprints.flatMap(({ id, state: now }) => (now === 'started' ? [id] : []));

/** Sprints that start later hear it at their start. */
export function forwardAvailability(
  turn: ExecutionTurn,
  { agent_id, available, capacity, until, reason }: AgentAvailability,
): void {
  const { state } = turn;
  const change = { agent_id, available, capacity: capacity ?? null, until: until ?? null, reason: reason ?? null };
  state.availability[agent_id] = change;
  decide(turn, 'agentAvailabilityChanged', `${agent_id} is ${available ? 'available' : 'unavailable'}`, change);
  for (const sprintId of startedSprints(state)) tellAvailability(turn, change, sprintId);
}

export function forwardPriority(turn: ExecutionTurn, { by, taskId, priority, reason }: SetPriority): void {
  const { state } = turn;
  const change = { by, taskId, priority, reason: reason ?? null };
  state.priorities[taskId] = change;
  decide(turn, 'priorityChanged', `${by} set the priority of "${taskId}" to ${priority}`, { by, task: taskId, priority });
  const sprint = state.sprints.find(({ id }) => id === sprintOfTask(state, taskId));
  if (sprint?.state === 'started') forward(turn, 'setPriority', change, [sprint.id]);
}

/** A sprint that starts later hears it at its start. */
export function forwardReassignment(turn: ExecutionTurn, { by, taskId, agentId, reason, force }: ReassignTask): void {
  const { state } = turn;
  const change = { by, taskId, agentId, reason: reason ?? null, force: force ?? false };
  (state.reassignments ??= {})[taskId] = change;
  decide(turn, 'taskReassigned', `${by} reassigned "${taskId}" to ${agentId}`, { by, task: taskId, agent_id: agentId });
  const sprint = state.sprints.find(({ id }) => id === sprintOfTask(state, taskId));
  if (sprint?.state === 'started') forward(turn, 'reassignTask', change, [sprint.id]);
}

/** What has been said of a sprint's agents and tasks before it started; a message after its start would come after its first tasks. */
export function earlierMessages(state: ExecutionState, sprintId: string): readonly EarlierMessage[] {
  const { availability, prepared, priorities, reassignments } = state;
  const { resolved } = prepared as Prepared;
  return [
    ...Object.values(availability)
      .filter(({ agent_id }) => hasAgent(resolved, sprintId, agent_id))
      .map((change) => ({ name: 'agentAvailability' as const, payload: toShare(resolved, change, sprintId) })),
    ...tasksOf(state, sprintId)
      .flatMap(({ id }) => ownValue(priorities, id) ?? [])
      .map((change) => ({ name: 'setPriority' as const, payload: change })),
    ...tasksOf(state, sprintId)
      .flatMap(({ id }) => (reassignments && ownValue(reassignments, id)) ?? [])
      .map((change) => ({ name: 'reassignTask' as const, payload: change })),
  ];
}

function tellAvailability(turn: ExecutionTurn, change: AgentAvailability, sprintId: string): void {
  const { resolved } = turn.state.prepared as Prepared;
  if (hasAgent(resolved, sprintId, change.agent_id))
    forward(turn, 'agentAvailability', toShare(resolved, change, sprintId), [sprintId]);
}

const toShare = (resolved: ResolvedPlan, change: AgentAvailability, sprintId: string): AgentAvailability => ({
  ...change,
  capacity: shareOf(resolved, change, sprintId),
});

const hasAgent = ({ plan }: ResolvedPlan, sprintId: string, agentId: string): boolean =>
  plan.sprints.some(({ id, agents }) => id === sprintId && agents.includes(agentId));

/**
 * Sprints that run side by side divide a new capacity as they have divided the authorized one. Each keeps one place at least, since
 * one without any could never end.
 */
function shareOf(
  { agents, capacities }: ResolvedPlan,
  { agent_id, capacity }: AgentAvailability,
  sprintId: string,
): number | null {
  if (!capacity) return capacity ?? null;
  const whole = (agents.find(({ id }) => id === agent_id) as AgentProfile).capacity;
  const share = ownValue(ownValue(capacities, sprintId) ?? {}, agent_id) ?? whole;
  return Math.max(1, Math.floor((capacity * share) / whole));
}

/** So much of what outside agents report goes on in one message; what they say next counts anyway. */
const MAX_STATUS_BYTES = 64 * 1024;
const MAX_ISSUES = 5;
const MAX_ISSUE_LENGTH = 200;
const MAX_OUTPUTS = 20;

/** Each sprint at work hears of its own agents only. */
export function forwardStatuses(turn: ExecutionTurn, reports: readonly OutsideReport[]): void {
  const resolved = turn.state.prepared?.resolved;
  if (!resolved) return;
  for (const sprintId of startedSprints(turn.state)) {
    const own = reports.filter(({ agent_id }) => hasAgent(resolved, sprintId, agent_id)).map(toBounded);
    if (own.length > 0) forward(turn, 'agentStatus', { reports: takeWithin(own, MAX_STATUS_BYTES) }, [sprintId]);
  }
}

function toBounded(report: OutsideReport): OutsideReport {
  return {
    ...report,
    blocking_issues: (report.blocking_issues ?? []).slice(0, MAX_ISSUES).map((issue) => clip(issue, MAX_ISSUE_LENGTH)),
    outputs_ready: (report.outputs_ready ?? []).slice(0, MAX_OUTPUTS),
  };
}

/** To the sprint whose item it is, under the id that the item has there. */
export function forwardAnswer(turn: ExecutionTurn, answer: Respond): void {
  const { itemId, decision } = answer;
  const found = findItem(turn.state, itemId);
  if (!found?.owner) return;
  // What one sprint is given the others hear of; that nothing more is given ends all of them.
  const owners = decision === TOP_UP ? [found.owner] : ownersOf(turn.state, itemId);
  forwardAnswerTo(turn, { ...answer, itemId: found.idThere }, owners);
}

export function forwardAnswerTo(
  turn: ExecutionTurn,
  { by, itemId, decision, note, data }: Respond,
  sprintIds: readonly string[],
): void {
  forward(turn, 'respond', { by, itemId, decision, note: note ?? null, data: data ?? null }, sprintIds);
}
